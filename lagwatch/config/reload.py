"""What of a changed configuration can be taken over while lagwatch runs, and what must wait for the next start. Pure."""

from collections.abc import Iterator

from lagwatch.config.rules import effective_rules
from lagwatch.config.settings import ClusterSettings, FilterSettings, Settings

_AT_RUN_TIME = {"groups", "topics"}
_SECTIONS_AT_RUN_TIME = {"rules", "profiles", "receivers", "routes", "maintenance", "templates", "webhook"}


def reloadable(old: Settings, new: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    (changes, ignored) as sentences for the log: rules, filters, receivers, routes and maintenance windows change at run time,
    everything else needs a restart.

    No sentence shows a value that may be a secret.
    """
    changes = [*_rules(old, new), *_filters(old, new), *_notices(old, new)]
    ignored = [*_clusters(old, new), *_sections(old, new)]
    return tuple(changes), tuple(ignored)


def _rules(old: Settings, new: Settings) -> Iterator[str]:
    before = {rule.name: rule for rule in effective_rules(old)}
    after = {rule.name: rule for rule in effective_rules(new)}
    for name in {**before, **after}:
        if name not in after:
            yield f"rule {name} is gone"
        elif name not in before:
            yield f"rule {name} is new"
        elif before[name] != after[name]:
            on = before[name].enabled, after[name].enabled
            yield (
                f"rule {name} is {'enabled' if on[1] else 'disabled'}" if on[0] != on[1] else f"rule {name} has changed"
            )


def _filters(old: Settings, new: Settings) -> Iterator[str]:
    for before, after in _pairs(old, new):
        for what in ("groups", "topics"):
            was: FilterSettings = getattr(before, what)
            now: FilterSettings = getattr(after, what)
            if was != now:
                yield f"cluster {after.name} watches {what} {_filter(now)}"


def recipes(settings: Settings) -> dict[str, object]:
    """What each receiver is made of, by its name, to see whether it has changed: its settings, and its template if it has one."""
    found: dict[str, object] = {
        name: (each, settings.templates.get(each.template or "")) for name, each in settings.receivers.items()
    }
    return found | ({"webhook": settings.webhook} if settings.webhook.url is not None else {})


def _notices(old: Settings, new: Settings) -> Iterator[str]:
    before, after = recipes(old), recipes(new)
    for name in {**before, **after}:
        if name not in after:
            yield f"receiver {name} is gone"
        elif before.get(name) != after[name]:
            yield f"receiver {name} {'has changed' if name in before else 'is new'}"
    for what in ("routes", "maintenance"):
        if getattr(old, what) != getattr(new, what):
            yield "the routes have changed" if what == "routes" else "the maintenance windows have changed"


def _filter(filters: FilterSettings) -> str:
    include = f"that match {' or '.join(filters.include)}" if filters.include else "of every name"
    return f"{include}, except {' and '.join(filters.exclude)}" if filters.exclude else include


def _clusters(old: Settings, new: Settings) -> Iterator[str]:
    before, after = ({cluster.name for cluster in settings.clusters} for settings in (old, new))
    yield from (f"cluster {name} is new: it is watched after a restart" for name in sorted(after - before))
    yield from (f"cluster {name} is gone: it is watched until a restart" for name in sorted(before - after))
    for was, now in _pairs(old, new):
        for name, info in ClusterSettings.model_fields.items():
            if name not in _AT_RUN_TIME and getattr(was, name) != getattr(now, name):
                yield f"{info.alias or name} of cluster {now.name} has changed: it takes effect after a restart"


def _sections(old: Settings, new: Settings) -> Iterator[str]:
    for name in Settings.model_fields:
        if name != "clusters" and name not in _SECTIONS_AT_RUN_TIME and getattr(old, name) != getattr(new, name):
            yield f"{name} has changed: it takes effect after a restart"


def _pairs(old: Settings, new: Settings) -> Iterator[tuple[ClusterSettings, ClusterSettings]]:
    before = {cluster.name: cluster for cluster in old.clusters}
    yield from ((before[cluster.name], cluster) for cluster in new.clusters if cluster.name in before)
