"""
Alerts as JSON and back, for what is kept between two runs of the program. Pure.

What a later version adds is passed over, what an earlier one lacked has its default. A number that JSON does not have (inf) is
written as Python's `json` writes it.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lagwatch.model.alerts import Alert, Severity, State, Subject

_FIELDS = tuple(field.name for field in fields(Alert))
_SUBJECT = tuple(field.name for field in fields(Subject))


def encode_subject(subject: Subject) -> dict[str, Any]:
    """The fields that are set."""
    pairs = ((name, getattr(subject, name)) for name in _SUBJECT)
    return {name: value for name, value in pairs if value is not None}


def decode_subject(tree: Mapping[str, Any]) -> Subject:
    """What `encode_subject` made."""
    return Subject(**{name: value for name, value in tree.items() if name in _SUBJECT})


def encode_alert(alert: Alert) -> dict[str, Any]:
    """Every field by its name, mappings and all."""
    tree = {name: getattr(alert, name) for name in _FIELDS}
    tree["subject"] = encode_subject(alert.subject)
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in tree.items()}


def decode_alert(tree: Mapping[str, Any]) -> Alert:
    """What `encode_alert` made."""
    known = {name: value for name, value in tree.items() if name in _FIELDS}
    known["severity"], known["state"] = Severity(known["severity"]), State(known["state"])
    known["subject"] = decode_subject(known["subject"])
    known["inhibited_by"] = tuple(known.get("inhibited_by", ()))
    return Alert(**known)
