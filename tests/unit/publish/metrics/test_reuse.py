"""What did not change since the last poll is taken over, and only that."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.model.view import View
from lagwatch.publish.metrics.families import Family, Granularity
from lagwatch.publish.metrics.kafka import Lines, render_view
from lagwatch.publish.metrics.lines import Column, Rendered, Table, render
from lagwatch.publish.metrics.segments import as_plain, join
from tests.support.build import group, snapshot, topic, view

FAMILY = Family("kafka_test", ("group",), "Test.")
OTHER = Family("kafka_test_other", ("group",), "Test.")
ROWS = 5_000  # three blocks


def table(values: np.ndarray, *, known: np.ndarray | None = None, name: bytes = b"a", family: Family = FAMILY) -> Table:
    rests = [b'group="%d"} ' % i for i in range(ROWS)]
    row = np.arange(ROWS, dtype=np.int32)
    return Table([b"{x=%s," % name], np.zeros(ROWS, np.int32), rests, row, (Column(family, values, known),))


def text(rendered: Rendered, family: Family = FAMILY) -> bytes:
    return b"".join(as_plain(join(rendered.segments[family]), b""))


def kept(rendered: Rendered, before: Rendered) -> list[bool]:
    pairs = zip(rendered.segments[FAMILY], before.segments[FAMILY], strict=True)
    return [new is old for new, old in pairs]


def test_only_the_block_that_changed_is_rendered_again():
    values = np.arange(ROWS)
    before = render(table(values))
    changed = values.copy()
    changed[3_000] = 7
    after = render(table(changed), before)

    assert kept(after, before) == [True, False, True]
    assert text(after) == text(render(table(changed)))


def test_a_value_that_becomes_unknown_changes_its_block():
    values, known = np.arange(ROWS), np.ones(ROWS, np.bool_)
    before = render(table(values, known=known))
    unknown = known.copy()
    unknown[0] = False
    after = render(table(values, known=unknown), before)

    assert kept(after, before) == [False, True, True]
    assert text(after) == text(render(table(values, known=unknown)))


def test_a_value_that_stays_unknown_changes_nothing():
    values = np.full(ROWS, np.nan)
    before = render(table(values))

    assert kept(render(table(values.copy()), before), before) == [True] * 3
    assert text(before) == b""


def test_other_labels_change_everything():
    values = np.arange(ROWS)
    before = render(table(values))
    after = render(table(values, name=b"b"), before)

    assert kept(after, before) == [False] * 3
    assert text(after) == text(render(table(values, name=b"b")))


def test_a_family_that_was_not_there_before_is_rendered():
    before = render(table(np.arange(ROWS)))
    after = render(table(np.arange(ROWS), family=OTHER), before)

    assert text(after, OTHER) == text(before).replace(b"kafka_test", b"kafka_test_other")


groups = st.dictionaries(
    st.sampled_from(["billing", "search", "audit"]),
    st.none() | st.lists(st.none() | st.integers(0, 3), min_size=2, max_size=2).map(lambda c: group({"orders": c})),
)
topics = st.tuples(st.integers(0, 3), st.none() | st.integers(3, 6)).map(lambda o: {"orders": topic((0, 3), o)})
views = st.builds(lambda t, g: view(snapshot(t, g)), topics, groups)


@given(st.lists(views, min_size=2, max_size=6))
@settings(deadline=None)
def test_a_page_after_many_polls_is_the_page_of_the_last_one(polls: list[View]):
    after: Lines | None = None
    for seen in polls:
        after = render_view(seen, Granularity.PARTITION, after)
    fresh = render_view(polls[-1], Granularity.PARTITION).rendered

    def pages(rendered: tuple[Rendered, ...]) -> dict[str, bytes]:
        return {family.name: text(r, family) for r in rendered for family in r.segments}

    assert after is not None
    assert pages(after.rendered) == pages(fresh)


def test_a_cluster_that_is_renamed_shares_nothing():
    seen = view(snapshot({"orders": topic((0, 9))}, {"billing": group({"orders": [5]})}))
    renamed = replace(seen, snapshot=replace(seen.snapshot, cluster="other"))
    after = render_view(renamed, Granularity.PARTITION, render_view(seen, Granularity.PARTITION)).rendered

    assert all(b'kafka_cluster="main"' not in text(r, family) for r in after for family in r.segments)
