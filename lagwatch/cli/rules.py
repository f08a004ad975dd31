"""`lagwatch rules`: the rules that are judged for a group, a topic or a cluster, and why."""

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagwatch.cli.one_poll import Config
from lagwatch.cli.text import table

if TYPE_CHECKING:
    from lagwatch.config import Settings
    from lagwatch.model.alerts import Condition, Rule
    from lagwatch.model.effective import Effective

_HEADER = ("RULE", "FOR", "JUDGED", "SEVERITY", "CONDITIONS", "AFTER", "KEEP", "WHY")
_FOLLOWS = "+: longer for a group that commits rarely: at least twice the time between two of its commits."


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Show the rules as they are for a group, topic or cluster.")
    def rules(
        rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule (default: all).")] = None,
        config: Config = None,
        group: Annotated[str | None, typer.Option(metavar="NAME", help="As they are for this group.")] = None,
        topic: Annotated[str | None, typer.Option(metavar="NAME", help="As they are for this topic.")] = None,
        cluster: Annotated[str | None, typer.Option(metavar="NAME", help="As they are for this cluster.")] = None,
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """
        Show the rules as they are for a group, a topic or a cluster, and what made them so: of exclusions, profiles and overrides
        the first that matches counts. No cluster is asked, so the names need not exist.

        Where something depends on a name that was not given there is a line for each case; the first that matches counts.
        """
        from lagwatch.config import effective_rules, load
        from lagwatch.judge.effective import Asked, effective

        settings = load(config, os.environ, {}, offline=True)
        asked = Asked(cluster=_cluster(settings, cluster), group=group, topic=topic)
        found = [each for each in effective_rules(settings) if rule in (None, each.name)]
        if rule is not None and not found:
            raise _unknown(rule, [each.name for each in effective_rules(settings)])
        lines = [_described(each, one) for each in found if asked.concerns(each) for one in effective(each, asked)]
        if as_json:
            typer.echo(json.dumps(lines, ensure_ascii=False, indent=2))
            return
        typer.echo(table(_HEADER, [list(_cells(line)) for line in lines]))
        if any(line["follows_commits"] for line in lines):
            typer.echo(f"\n{_FOLLOWS}")


def _cluster(settings: "Settings", given: str | None) -> str | None:
    """The cluster that is meant: the one that is configured, if nobody says and there is only one."""
    from lagwatch.errors import ConfigurationError

    names = [cluster.name for cluster in settings.clusters]
    if given is not None and names and given not in names:
        raise ConfigurationError(f"--cluster: {given}: no such cluster is configured; there are: {', '.join(names)}")
    return names[0] if given is None and len(names) == 1 else given


def _unknown(name: str, known: list[str]) -> Exception:
    from lagwatch.config.problems import near_miss
    from lagwatch.errors import ConfigurationError

    there_are = f"; there are: {', '.join(known)}"
    return ConfigurationError(f"{name}: not a rule{near_miss(name, known) or there_are}")


def _described(rule: "Rule", one: "Effective") -> dict[str, Any]:
    """One variant of a rule, as JSON."""
    as_it_is = one.rule
    return {
        "rule": rule.name,
        "where": one.where,
        "judged": one.judged,
        "why": one.why or _origin(rule, judged=one.judged),
        "severity": as_it_is.severity.value,
        "grain": as_it_is.grain,
        "match": as_it_is.match.value,
        "conditions": [_condition(condition) for condition in as_it_is.conditions],
        "for_s": as_it_is.for_s,
        "keep_s": as_it_is.keep_s,
        "follows_commits": as_it_is.follows_commits,
    }


def _origin(rule: "Rule", *, judged: bool) -> str:
    """Where a rule itself comes from."""
    from lagwatch.config import default_rules

    shipped = next((each for each in default_rules() if each.name == rule.name), None)
    if shipped is None:
        return "a rule of your own"
    changed = [name for name in _CHANGEABLE if getattr(shipped, name) != getattr(rule, name)]
    if not changed:
        return "as shipped" if judged else "off as shipped"
    return f"the configuration changes {', '.join(changed)}"


_CHANGEABLE = ("enabled", "severity", "conditions", "match", "for_s", "keep_s", "tolerance", "follows_commits", "grain")


def _condition(condition: "Condition") -> dict[str, Any]:
    """One condition; a threshold that has no say in the end is null."""
    limit = condition.above if condition.above is not None else condition.below
    clear = limit if condition.clear is None else condition.clear
    found: dict[str, Any] = {
        "value": condition.value,
        "above" if condition.above is not None else "below": limit,
        "clear": None if clear in (float("inf"), float("-inf")) else clear,
    }
    if condition.statistic.value != "last":
        found |= {"statistic": condition.statistic.value, "over_s": condition.over_s}
        found |= {"quantile": condition.quantile} if condition.statistic.value == "quantile" else {}
    return found


def _cells(line: dict[str, Any]) -> Iterator[object]:
    from lagwatch.config.values import format_duration

    yield line["rule"]
    yield line["where"] or "all"
    yield line["judged"]
    yield line["severity"]
    yield (" and " if line["match"] == "all" else " or ").join(map(_said, line["conditions"]))
    yield format_duration(line["for_s"]) + ("+" if line["follows_commits"] else "")
    yield format_duration(line["keep_s"])
    yield line["why"]


def _said(condition: dict[str, Any]) -> str:
    """A condition as people write it: "lag > 100000 (until 80000)"."""
    from lagwatch.config.values import format_duration

    name = condition["value"]
    if "statistic" in condition:
        of = f" {condition['quantile']:g}" if "quantile" in condition else ""
        name = f"{condition['statistic']}{of} of {name} over {format_duration(condition['over_s'])}"
    sign, limit = (">", condition["above"]) if "above" in condition else ("<", condition["below"])
    until = f" (until {condition['clear']:g})" if condition["clear"] not in (None, limit) else ""
    return f"{name} {sign} {limit:g}{until}"
