"""What everybody who serves users reads: the latest of every cluster, and the metrics page made from it."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from lagwatch.model.kept import StoreHealth
from lagwatch.model.latest import Latest
from lagwatch.model.view import View
from lagwatch.publish.metrics.alerts import render_verdict
from lagwatch.publish.metrics.families import FAMILIES, Family, Granularity
from lagwatch.publish.metrics.kafka import Lines, render_view
from lagwatch.publish.metrics.lines import Rendered, header
from lagwatch.publish.metrics.negotiation import Format, Variant
from lagwatch.publish.metrics.own import Inside, own_page
from lagwatch.publish.metrics.profiles import Part, Profile, body, part
from lagwatch.publish.metrics.segments import Segment, as_gzip, as_plain, join, pack
from lagwatch.publish.notices.base import Counts


@dataclass(frozen=True, slots=True)
class _Entry:
    """One cluster: what was put, and its rendered lines. The view's are withdrawn after `fresh_until`."""

    latest: Latest
    of_view: Lines = field(default_factory=Lines)
    of_verdict: tuple[Rendered, ...] = ()
    of_profiles: Mapping[str, Part] = field(default_factory=dict)

    @property
    def fresh_until(self) -> float:
        health = self.latest.health
        return 0.0 if health.last_good_at is None else health.last_good_at + health.stale_after_s()

    def segments(self, now: float) -> dict[Family, Segment]:
        """What is published of it, by family; families without series are left out."""
        published = (self.of_view.rendered if now <= self.fresh_until else ()) + self.of_verdict
        joined = {family: join(parts) for rendered in published for family, parts in rendered.segments.items()}
        return {family: segment for family, segment in joined.items() if segment.series}

    def under(self, profile: str, now: float) -> tuple[Rendered, ...]:
        """What is published of it under the names of a profile."""
        found = self.of_profiles[profile]
        return (found.facts if now <= self.fresh_until else ()) + found.health


@dataclass(frozen=True, slots=True)
class _State:
    """All entries by name, sorted; the bodies of the page made of them, good until the first of their parts is to be withdrawn."""

    entries: Mapping[str, _Entry] = field(default_factory=dict)
    bodies: Mapping[Format, Segment] = field(default_factory=lambda: dict.fromkeys(Format, Segment()))
    series: Mapping[str, int] = field(default_factory=dict)
    valid_until: float = float("inf")


class Board:
    """
    Holds one `Latest` a cluster. Writers are the monitors, each with its own cluster; readers need no lock, since what they
    read is swapped whole.

    The lines of a cluster are rendered when it is put, on the thread of its monitor, and only those that changed: a failed
    poll that keeps its view costs nothing. `granularity` cuts the page, and `max_series` limits what it has of each cluster.
    `notices` tells how sending goes, by receiver, and `suppressed` how many alerts are not told, by cluster and reason; `store`
    tells how keeping goes. `profiles` are the exporters for whose names there is a page.
    `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        *,
        granularity: Granularity | str = Granularity.PARTITION,
        max_series: int | None = None,
        profiles: Mapping[str, Profile] | None = None,
        notices: Callable[[], Mapping[str, Counts]] = dict,
        suppressed: Callable[[], Mapping[str, Mapping[str, int]]] = dict,
        store: Callable[[], StoreHealth | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._granularity = Granularity(granularity)
        self._max_series = max_series
        self._profiles = dict(profiles or {})
        self._notices = notices
        self._suppressed = suppressed
        self._store = store
        self._clock = clock
        self._writing = threading.Lock()
        self._state = _State()

    def put(self, latest: Latest) -> None:
        """Make this the latest of its cluster, on the page too."""
        entry = self._render(latest, self._state.entries.get(latest.cluster))
        with self._writing:
            entries = {**self._state.entries, latest.cluster: entry}
            self._state = _assemble(dict(sorted(entries.items())), self._clock())

    def latest(self, cluster: str) -> Latest | None:
        """What is known of a cluster; None if nobody put anything."""
        entry = self._state.entries.get(cluster)
        return None if entry is None else entry.latest

    def clusters(self) -> tuple[str, ...]:
        """The names of all clusters, sorted."""
        return tuple(self._state.entries)

    def series_suppressed(self, cluster: str) -> int:
        """How many series the limit keeps off the page of a cluster."""
        entry = self._state.entries.get(cluster)
        return 0 if entry is None else entry.of_view.suppressed

    def page(self, variant: Variant) -> bytes:
        """The metrics page, whole, in one of its forms; the gzip forms are ready but for lagwatch's own metrics."""
        return b"".join(self.pieces(variant))

    def pieces(self, variant: Variant) -> Iterable[bytes]:
        """
        The same page in pieces. A gzip form is one; a plain form is decompressed as it is read, a few hundred kB at a time,
        so that a page of hundreds of MB is never held whole.
        """
        now = self._clock()
        state = self._state if now <= self._state.valid_until else self._withdraw(now)
        latests = [entry.latest for entry in state.entries.values()]
        left_out = {name: entry.of_view.suppressed for name, entry in state.entries.items()}
        inside = Inside(
            receivers=self._notices(), suppressed=self._suppressed(), store=self._store(), left_out=left_out
        )
        tail = own_page(variant.format, latests, state.series, inside, now)
        whole = state.bodies[variant.format]
        return (as_gzip(whole, tail),) if variant.gzip else as_plain(whole, tail)

    def profiles(self) -> Mapping[str, Profile]:
        """The profiles that are switched on, by name."""
        return self._profiles

    def profile_pieces(self, profile: str, clusters: Iterable[str], *, gzip: bool) -> Iterable[bytes]:
        """The page of a profile about these clusters, in pieces like `pieces`; KeyError if it is not switched on."""
        now = self._clock()
        entries = self._state.entries
        published = [entries[name].under(profile, now) for name in clusters if name in entries]
        whole = body(self._profiles[profile], published)
        return (as_gzip(whole, b""),) if gzip else as_plain(whole, b"")

    def _render(self, latest: Latest, before: _Entry | None) -> _Entry:
        old = before or _Entry(Latest(cluster=latest.cluster, health=latest.health))
        of_view = old.of_view if latest.view is old.latest.view else self._of_view(latest.view, old.of_view)
        of_verdict = old.of_verdict if latest.verdict is old.latest.verdict else _of_verdict(latest)
        same = latest.view is old.latest.view
        of_profiles = {
            name: part(profile, latest, old.of_profiles.get(name, Part()), same_view=same)
            for name, profile in self._profiles.items()
        }
        return _Entry(latest, of_view, of_verdict, of_profiles)

    def _of_view(self, view: View | None, before: Lines) -> Lines:
        if view is None:
            return Lines()
        return render_view(view, self._granularity, before, most=self._max_series)

    def _withdraw(self, now: float) -> _State:
        with self._writing:
            if now > self._state.valid_until:
                self._state = _assemble(self._state.entries, now)
            return self._state


def _of_verdict(latest: Latest) -> tuple[Rendered, ...]:
    return () if latest.verdict is None else render_verdict(latest.cluster, latest.verdict)


def _assemble(entries: Mapping[str, _Entry], now: float) -> _State:
    of_cluster = {name: entry.segments(now) for name, entry in entries.items()}
    series = {name: sum(s.series for s in segments.values()) for name, segments in of_cluster.items()}
    valid_until = min((e.fresh_until for e in entries.values() if e.fresh_until >= now), default=float("inf"))
    bodies = {form: join(_body(of_cluster.values(), form)) for form in Format}
    return _State(entries, bodies, series, valid_until)


def _body(clusters: Iterable[Mapping[Family, Segment]], form: Format) -> Iterable[Segment]:
    """Family by family, since both formats want the lines of one together: its header, then each cluster's lines."""
    of_clusters = tuple(clusters)
    for family in FAMILIES:
        found = [segments[family] for segments in of_clusters if family in segments]
        if found:
            yield _header(family, form)
            yield from found


@cache
def _header(family: Family, form: Format) -> Segment:
    return pack(header(family, form))
