"""What the levels of the feature metadata.version are called, after Kafka's releases. Pure."""

_FIRST = 7
_NAMES = (
    "3.3-IV3",
    "3.4-IV0",
    *("3.5-IV0", "3.5-IV1", "3.5-IV2"),
    *("3.6-IV0", "3.6-IV1", "3.6-IV2"),
    *("3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4"),
    "3.8-IV0",
    "3.9-IV0",
    *("4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3"),
    *("4.1-IV0", "4.1-IV1"),
    *("4.2-IV0", "4.2-IV1"),
    "4.3-IV0",
)
"""From level 7 on, as `kafka-features.sh version-mapping` of Kafka 4.3.1 names them."""


def metadata_version(level: int) -> str:
    """
    The name of a level; the number itself where it is newer than this table, or older than Kafka 3.3.

    >>> metadata_version(7), metadata_version(30), metadata_version(99)
    ('3.3-IV3', '4.3-IV0', 'level 99')
    """
    place = level - _FIRST
    return _NAMES[place] if 0 <= place < len(_NAMES) else f"level {level}"
