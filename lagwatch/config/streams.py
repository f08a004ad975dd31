"""The section `streams`: what is assumed of Kafka Streams applications."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lagwatch.config.section import Section
from lagwatch.config.values import Amount
from lagwatch.model.streams import RESTORE_RATE


def _some(value: int) -> int:
    if value < 1:
        raise ValueError("a whole number from 1 to 999999999")
    return value


class StreamsSettings(Section):
    """What lagwatch cannot see of Kafka Streams applications."""

    restore_mb_per_s: Annotated[Amount, AfterValidator(_some)] = Field(
        int(RESTORE_RATE // 1_000_000),
        description="How fast a store is rebuilt from its changelog, in millions of bytes a second (for the time that takes).",
        examples=[100],
    )
