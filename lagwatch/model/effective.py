"""A rule as it is for some groups, topics and clusters. Pure."""

from dataclasses import dataclass

from lagwatch.model.alerts import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """
    A rule as it is for some of what was asked about.

    `where` says for which part ("" for all of it, "topic matches x" for some), `judged` whether it is judged there at all, and
    `why` what decided that: an exclusion, an override, a profile; "" if it is the rule as it stands.
    """

    rule: Rule
    judged: bool
    where: str = ""
    why: str = ""
