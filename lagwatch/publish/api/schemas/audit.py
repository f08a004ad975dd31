"""What an audit of a cluster found."""

from typing import Literal

from pydantic import Field

from lagwatch.publish.api.schemas.base import Shape

AuditLevel = Literal["error", "warning", "unknown", "note"]
AuditKind = Literal["cluster", "broker", "topic", "group", "client"]


class AuditFinding(Shape):
    """A setting that is not good practice, or something that could not be seen."""

    rule: str = Field(
        description="The rule's id; docs/audit.md has a section for it.", examples=["topic-single-replica"]
    )
    level: AuditLevel = Field(
        description="How bad it is. `unknown`: it could not be seen, and counts as much as a warning.",
        examples=["error"],
    )
    kind: AuditKind = Field(description="What it is about.", examples=["topic"])
    subject: str = Field(description="The topic, group or brokers that it is about.", examples=["orders"])
    title: str = Field(description="The rule in a few words.", examples=["One replica"])
    message: str = Field(
        description="What was seen.",
        examples=["has a single replica: what is on that broker's disk is all there is of its 6 partitions."],
    )
    why: str = Field(
        description="Why that matters.", examples=["While its broker is away the partition cannot be read."]
    )
    mend: str = Field(description="What helps.", examples=["More replicas."])
    command: str | None = Field(
        description="Lines for a shell, or for a file of settings, that mend it; null if there are none.",
        examples=[
            "kafka-configs.sh --bootstrap-server kafka-1:9092 --alter --entity-type topics --entity-name orders ..."
        ],
    )
    page: str = Field(description="Where the documentation has it.", examples=["docs/audit.md#topic-single-replica"])
    suppressed: str | None = Field(
        description="The reason that the configuration gives for not minding; null if it minds.", examples=[None]
    )
