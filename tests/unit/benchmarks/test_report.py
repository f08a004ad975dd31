"""The tables and the result file of a benchmark."""

import json
from dataclasses import replace

from benchmarks.measure import Sample
from benchmarks.report import Measurement, markdown, targets
from benchmarks.shape import EIGHTH, FULL, MILLION, Shape

FACTS = {
    "date": "2026-01-31",
    "versions": {"lagwatch": "1.0", "Kafka": "4.3.1"},
    "machine": {"system": "Linux x86_64", "cores": 2, "memory_gb": 25, "load_before": 0.4, "load_after": 3.0},
    "rounds": 3,
    "warmup": 2,
}
STAGES = {"read": 0.05, "advance": 0.02, "publish": 0.03}


def samples(wall_s: float, cpu_s: float, peak_mb: float, **other: object) -> list[Sample]:
    one = Sample(wall_s=wall_s, cpu_s=cpu_s, requests=20, peak_bytes=int(peak_mb * 1e6), **other)  # type: ignore[arg-type]
    return [replace(one, wall_s=wall_s * factor) for factor in (0.5, 1.0, 2.0)]


def measurement(shape: Shape, **peers: list[Sample]) -> Measurement:
    scrapes = samples(0.01, 0.004, 0)
    return Measurement(
        shape=shape,
        rounds={
            "floor": samples(0.05, 0.005, 30),
            "floor-offsets": samples(0.04, 0.004, 30),
            "lagwatch": samples(0.18, 0.1, 150, stages=STAGES),
            "kafka-python": samples(1.7, 0.8, 120),
            "confluent-kafka": samples(3.6, 0.5, 90),
            **peers,
        },
        scrapes={"gzip": scrapes, "plain": scrapes},
        page_bytes={"gzip": 2_000_000, "plain": 30_000_000},
    )


def test_the_full_cluster_is_held_to_the_floor_to_both_clients_to_the_scrape_and_to_memory():
    found = [(round(t.value, 3), t.at_most, t.met) for t in targets([measurement(FULL)])]
    assert found == [
        (3.6, 4.0, True),
        (4.5, 4.0, False),
        (0.2, 0.1, False),
        (0.125, 0.25, True),
        (4.0, 20.0, True),
        (150.0, 200.0, True),
    ]


def test_the_million_is_held_to_seconds_and_memory():
    found = [(t.what.partition(": ")[2], round(t.value, 3), t.at_most) for t in targets([measurement(MILLION)])]
    assert found == [
        ("wall time of a full poll", 0.18, 2.0),
        ("CPU of a full poll", 0.1, 1.5),
        ("peak memory", 150.0, 600.0),
    ]


def test_other_sizes_show_growth_and_are_held_to_nothing():
    assert targets([measurement(EIGHTH)]) == []


def test_a_client_that_failed_has_no_target_and_its_reason_is_told():
    full = measurement(FULL)
    rounds = {name: of_it for name, of_it in full.rounds.items() if name != "confluent-kafka"}
    failed = replace(full, rounds=rounds, failures={"confluent-kafka": "ended with -11 during poll"})
    assert not [t for t in targets([failed]) if "confluent" in t.what]
    assert "confluent-kafka on 600 topics × 20, 2,000 groups, 80,000 committed partitions: ended with -11" in markdown(
        [failed], FACTS
    )


def test_every_table_of_the_report_has_as_many_cells_in_every_row():
    text = markdown([measurement(EIGHTH), measurement(FULL, kminion=samples(1.0, 0.8, 217))], FACTS)
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 6
    for table in tables:
        assert len({line.count("|") for line in table}) == 1, table[0]
        assert len({len(line) for line in table}) == 1, table[0]


def test_a_peer_has_its_row_and_its_columns_of_growth():
    text = markdown([measurement(EIGHTH), measurement(FULL, kminion=samples(1.0, 0.8, 217))], FACTS)
    row = next(line for line in text.splitlines() if line.startswith("| kminion, one scrape"))
    assert "5.56 (5.56–5.56)" in row
    assert "kminion: peak, MB" in text


def test_the_result_file_holds_the_ratios_and_is_plain_json():
    stored = json.loads(json.dumps(measurement(FULL).as_dict()))
    assert stored["shape"]["committed_partitions"] == 80_000
    assert stored["subjects"]["lagwatch"]["wall_s"]["min"] / stored["subjects"]["lagwatch"]["wall_s"]["median"] == 0.5
    assert stored["ratios_to_lagwatch"]["confluent-kafka"]["wall"]["medians"] == 20.0
    assert stored["scrapes"]["gzip"]["bytes"] == 2_000_000
