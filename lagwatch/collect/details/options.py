"""Which slow facts are wanted."""

from dataclasses import dataclass

from lagwatch.model.snapshot import DETAIL_PARTS

ALL_PARTS = frozenset({*DETAIL_PARTS, "topic_config"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailOptions:
    """
    `parts` are those to read, as a Gap names them (without topic_config only the settings that rules need are read); `at_once`
    reads all of them in the first poll already, for whoever polls only once.
    """

    parts: frozenset[str] = ALL_PARTS
    at_once: bool = False


NO_DETAILS = DetailOptions(parts=frozenset())
