"""
The tables of the store, as they are at the newest schema version. Documents are JSON in text columns.

What is a column beside a document is there to be searched by. Times are seconds since the epoch.
"""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, Table, Text, UniqueConstraint

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in a column of type INTEGER


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


CLUSTERS = Table(
    "lagwatch_clusters",
    METADATA,
    Column("cluster", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    _time("at", nullable=True),
    _text("steps"),
)
"""One row for each cluster whose alerts are kept: when they were evaluated last."""

ALERTS = Table(
    "lagwatch_alerts",
    METADATA,
    Column("cluster", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("state"),
    Column("told", Text, nullable=True),
)
"""The alerts that are not inactive: their timers, and what was told of them last."""

HISTORY = Table(
    "lagwatch_history",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _text("cluster"),
    _text("alert_id"),
    _time("at"),
    _text("state"),
    _text("rule"),
    _text("severity"),
    Column("group_name", Text, nullable=True),
    Column("topic", Text, nullable=True),
    _text("alert"),
    UniqueConstraint("cluster", "alert_id", "at", "state", name="lagwatch_history_once"),
    Index("lagwatch_history_at", "at"),
    Index("lagwatch_history_cluster", "cluster", "number"),
    Index("lagwatch_history_alert", "alert_id", "number"),
)
"""Every transition, once."""

AUDIT = Table(
    "lagwatch_audit",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("details"),
    Index("lagwatch_audit_at", "at"),
)
"""Who did what."""

OUTBOX = Table(
    "lagwatch_outbox",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _text("receiver"),
    _text("cluster"),
    _text("order_key"),
    _text("status"),
    Column("severity", Text, nullable=True),
    _time("created_at"),
    _text("body"),
    _text("stage"),
    Column("attempts", Integer, nullable=False),
    _time("next_attempt_at"),
    _text("last_error"),
    _time("ended_at", nullable=True),
    Index("lagwatch_outbox_stage", "stage", "number"),
)
"""Messages to receivers, pending, sent and dead, numbered in the order in which they were made; `order_key` is JSON."""

TOLD = Table(
    "lagwatch_told",
    METADATA,
    _id(),
    _text("receiver"),
    _text("cluster"),
    _text("order_key"),
    _time("at"),
    _text("content"),
    Index("lagwatch_told_cluster", "cluster"),
)
"""What each receiver was told last of each group of alerts (`order_key`, JSON); the id is a digest of what may be long."""

SILENCES = Table(
    "lagwatch_silences",
    METADATA,
    _id(),
    _time("starts_at"),
    _time("ends_at"),
    _text("author"),
    _text("comment"),
    _text("matchers"),
)

ACKNOWLEDGEMENTS = Table(
    "lagwatch_acknowledgements",
    METADATA,
    _id(),
    _text("alert_id"),
    _text("severity"),
    _time("created_at"),
    _time("until", nullable=True),
    _text("author"),
    _text("comment"),
)
