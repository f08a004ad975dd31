"""Entries of the audit log."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from lagwatch.model.kept import AuditEntry
from lagwatch.publish.api.auth import Token


def entry(by: Token, at: float, action: str, subject: str, details: Mapping[str, Any] | None = None) -> AuditEntry:
    """That the holder of a token does something now (`at`, seconds since the epoch)."""
    return AuditEntry(id=str(uuid4()), at=at, actor=by.name, action=action, subject=subject, details=details or {})
