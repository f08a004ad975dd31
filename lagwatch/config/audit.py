"""The section `audit`: findings that are not minded."""

from pydantic import Field

from lagwatch.config.section import Section
from lagwatch.config.values import Pattern, Text
from lagwatch.model.audit import Suppression


class SuppressSettings(Section):
    """Findings of `lagwatch audit` that are known and accepted."""

    rule: Pattern = Field(
        description="Rules by id (regular expression, whole id; docs/audit.md lists them).", examples=["topic-one-rack"]
    )
    subject: Pattern = Field(
        ".*", description="Topics, groups, brokers by name (regular expression, whole name).", examples=["scratch-.*"]
    )
    why: Text = Field(description="Why that is accepted; shown with what is suppressed.", examples=["test data"])


class AuditSettings(Section):
    """What `lagwatch audit` and /api/v1/clusters/{cluster}/audit leave out."""

    suppress: tuple[SuppressSettings, ...] = Field((), description="Findings that are known and accepted.")

    def suppressions(self) -> tuple[Suppression, ...]:
        """The same as the rest of lagwatch knows it."""
        return tuple(Suppression(each.rule, each.subject, each.why) for each in self.suppress)
