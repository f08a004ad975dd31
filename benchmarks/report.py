"""Results as tables and as a file. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Ratio, Sample, Spread, Summary, Target, cpus, walls
from benchmarks.shape import FULL, MILLION, Shape

LAGWATCH, FLOOR, OFFSETS_FLOOR, CONFLUENT, KAFKA_PYTHON = (
    "lagwatch",
    "floor",
    "floor-offsets",
    "confluent-kafka",
    "kafka-python",
)
MB = 1_000_000

MEANING = {
    FLOOR: "floor: all requests of a poll pipelined, answers not decoded",
    OFFSETS_FLOOR: "floor of the offsets alone: without metadata, lists, descriptions",
    LAGWATCH: "lagwatch: full poll, analysis, rules, rendering",
    CONFLUENT: "confluent-kafka, AdminClient",
    KAFKA_PYTHON: "kafka-python, public admin calls",
}
"""What a row says; a peer's says that its scrape is its poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """
    One cluster: `rounds` by subject, `scrapes` of lagwatch's page by form (gzip, plain), `page_bytes` of each form, and why a
    subject has no rounds (`failures`).
    """

    shape: Shape
    rounds: Mapping[str, Sequence[Sample]]
    scrapes: Mapping[str, Sequence[Sample]]
    page_bytes: Mapping[str, int]
    failures: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For the result file, with each subject's ratios to lagwatch."""
        return {
            "shape": {**self.shape.as_dict(), "committed_partitions": self.shape.commits},
            "subjects": {name: Summary.of(samples).as_dict() for name, samples in self.rounds.items()},
            "ratios_to_lagwatch": {name: _ratios(self, name) for name in self.rounds if name != LAGWATCH},
            "scrapes": {
                form: {**Summary.of(samples).as_dict(), "bytes": self.page_bytes[form]}
                for form, samples in self.scrapes.items()
            },
            "failures": dict(self.failures),
        }


def _ratios(measurement: Measurement, name: str) -> dict[str, Any]:
    samples, ours = measurement.rounds[name], measurement.rounds[LAGWATCH]
    found = {"wall": Ratio.of(walls(samples), walls(ours)), "cpu": Ratio.of(cpus(samples), cpus(ours))}
    return {
        what: {"medians": r.medians, "pairs": {"min": r.pairs.min, "median": r.pairs.median, "max": r.pairs.max}}
        for what, r in found.items()
    }


def targets(measurements: Sequence[Measurement]) -> list[Target]:
    """What was to be reached, beside what was measured; only for the clusters that were."""
    found: list[Target] = []
    for measurement in measurements:
        if measurement.shape == FULL:
            found += _full_targets(measurement)
        if measurement.shape == MILLION:
            found += _million_targets(measurement)
    return found


def _full_targets(measurement: Measurement) -> list[Target]:
    ours = measurement.rounds[LAGWATCH]
    found = [
        Target(
            what=f"wall time of a full poll beside {MEANING[name].partition(':')[0]}",
            value=Ratio.of(walls(ours), walls(measurement.rounds[name])).medians,
            at_most=4.0,
            unit="×",
        )
        for name in (FLOOR, OFFSETS_FLOOR)
        if name in measurement.rounds
    ]
    found += [
        Target(
            what=f"CPU of a full poll beside {name}",
            value=Ratio.of(cpus(ours), cpus(measurement.rounds[name])).medians,
            at_most=limit,
            unit="×",
        )
        for name, limit in ((CONFLUENT, 0.10), (KAFKA_PYTHON, 0.25))
        if name in measurement.rounds
    ]
    scrape = Summary.of(measurement.scrapes["gzip"]).cpu_s.median
    peak = Summary.of(ours).peak_bytes / MB
    return [
        *found,
        Target(what="CPU of a scrape of all series (gzip)", value=scrape * 1000, at_most=20.0, unit=" ms"),
        Target(what="peak memory", value=peak, at_most=200.0, unit=" MB"),
    ]


def _million_targets(measurement: Measurement) -> list[Target]:
    summary = Summary.of(measurement.rounds[LAGWATCH])
    what = f"{measurement.shape.commits:,} committed partitions:"
    return [
        Target(what=f"{what} wall time of a full poll", value=summary.wall_s.median, at_most=2.0, unit=" s"),
        Target(what=f"{what} CPU of a full poll", value=summary.cpu_s.median, at_most=1.5, unit=" s"),
        Target(what=f"{what} peak memory", value=summary.peak_bytes / MB, at_most=600.0, unit=" MB"),
    ]


def markdown(measurements: Sequence[Measurement], facts: Mapping[str, Any]) -> str:
    """The whole report."""
    parts = ["# What lagwatch costs\n", _machine(facts)]
    for measurement in measurements:
        if CONFLUENT in measurement.rounds or KAFKA_PYTHON in measurement.rounds:
            parts += [_comparison(measurement), _scrapes(measurement)]
    parts.append(_growth(measurements))
    if found := targets(measurements):
        parts.append(_targets(found))
    parts += _failures(measurements)
    return "\n".join(parts)


def _machine(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    machine = facts["machine"]
    return (
        f"{facts['date']}; {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}; load average "
        f"{machine['load_before']} before, {machine['load_after']} after. {versions}. "
        f"Kafka as three nodes on the same computer. {facts['rounds']} interleaved rounds after "
        f"{facts['warmup']} to warm up; minimum / median / maximum.\n"
    )


def _comparison(measurement: Measurement) -> str:
    rows = []
    for name, samples in measurement.rounds.items():
        summary, ratios = Summary.of(samples), None if name == LAGWATCH else measurement
        rows.append(
            [
                MEANING.get(name, f"{name}, one scrape"),
                _spread(summary.wall_s),
                _spread(summary.cpu_s),
                "–" if summary.requests is None else f"{summary.requests:,}",
                f"{summary.peak_bytes / MB:.0f}",
                "1" if ratios is None else _ratio(Ratio.of(walls(samples), walls(measurement.rounds[LAGWATCH]))),
                "1" if ratios is None else _ratio(Ratio.of(cpus(samples), cpus(measurement.rounds[LAGWATCH]))),
            ]
        )
    title = f"## One poll of {_size(measurement.shape)}\n\n"
    head = ["", "wall, s", "CPU, s", "requests", "peak, MB", "wall ÷ lagwatch's (pairs)", "CPU ÷ lagwatch's (pairs)"]
    return title + _table(head, rows)


def _scrapes(measurement: Measurement) -> str:
    rows = [
        [f"scrape, {form}", _milliseconds(s.wall_s), _milliseconds(s.cpu_s), f"{measurement.page_bytes[form] / MB:.2f}"]
        for form, s in ((form, Summary.of(samples)) for form, samples in measurement.scrapes.items())
    ]
    stages = Summary.of(measurement.rounds[LAGWATCH]).stages
    rows += [[f"poll, {stage}", "", _milliseconds(spread), ""] for stage, spread in stages.items()]
    return _table(["lagwatch's parts", "wall, ms", "CPU, ms", "MB"], rows)


def _growth(measurements: Sequence[Measurement]) -> str:
    peers = sorted({name for m in measurements for name in m.rounds if name not in MEANING})
    rows = [
        [_size(m.shape), *_own_cells(m), *(cell for peer in peers for cell in _peer_cells(m, peer))]
        for m in measurements
    ]
    head = [
        "cluster",
        "floor, s",
        "wall, s",
        "CPU, s",
        "read",
        "advance",
        "publish",
        "requests",
        "peak, MB",
        "scrape, ms CPU",
    ]
    return "## How it grows\n\n" + _table(
        [*head, *(f"{p}: {x}" for p in peers for x in ("wall, s", "CPU, s", "peak, MB"))], rows
    )


def _own_cells(measurement: Measurement) -> list[str]:
    ours, floor = Summary.of(measurement.rounds[LAGWATCH]), measurement.rounds.get(FLOOR)
    return [
        "–" if floor is None else f"{Summary.of(floor).wall_s.median:.3f}",
        _spread(ours.wall_s),
        _spread(ours.cpu_s),
        *(f"{ours.stages[stage].median:.3f}" for stage in ("read", "advance", "publish")),
        f"{ours.requests}",
        f"{ours.peak_bytes / MB:.0f}",
        f"{Summary.of(measurement.scrapes['gzip']).cpu_s.median * 1000:.1f}",
    ]


def _peer_cells(measurement: Measurement, peer: str) -> list[str]:
    if peer not in measurement.rounds:
        return ["–"] * 3
    summary = Summary.of(measurement.rounds[peer])
    return [_spread(summary.wall_s), _spread(summary.cpu_s), f"{summary.peak_bytes / MB:.0f}"]


def _targets(found: Sequence[Target]) -> str:
    rows = [[t.what, f"{t.value:.3g}{t.unit}", f"{t.at_most:g}{t.unit}", "yes" if t.met else "**no**"] for t in found]
    return "## To reach\n\n" + _table(["", "measured", "at most", "reached"], rows)


def _failures(measurements: Sequence[Measurement]) -> list[str]:
    return [f"{name} on {_size(m.shape)}: {why}\n" for m in measurements for name, why in m.failures.items()]


def _size(shape: Shape) -> str:
    groups = f"{shape.groups:,} groups" + (" with a member each" if shape.members else "")
    return f"{shape.topics} topics × {shape.partitions}, {groups}, {shape.commits:,} committed partitions"


def _spread(spread: Spread) -> str:
    return f"{spread.min:.3f} / {spread.median:.3f} / {spread.max:.3f}"


def _milliseconds(spread: Spread) -> str:
    return f"{spread.min * 1000:.1f} / {spread.median * 1000:.1f} / {spread.max * 1000:.1f}"


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.medians:.3g} ({ratio.pairs.min:.3g}–{ratio.pairs.max:.3g})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also stand one below the other in a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return (
        "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines)
        + "\n"
    )
