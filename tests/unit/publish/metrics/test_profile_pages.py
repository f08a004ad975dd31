"""What holds for every profile: announced as promised, withdrawn in time, rendered anew only where something changed."""

from dataclasses import replace
from typing import get_args

import pytest

from lagwatch.config.values import Profiles
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES, Part, part
from tests.support import world
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import parse_text

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def page(board, profile, *clusters):
    return b"".join(board.profile_pieces(profile.name, clusters or board.clusters(), gzip=False)).decode()


def test_the_configuration_knows_the_profiles_that_there_are():
    names = get_args(get_args(get_args(Profiles)[0])[0])
    assert set(names) == set(PROFILES)


@ALL
def test_every_family_is_announced_once_with_its_type_and_has_the_labels_that_it_promises(profile):
    families = {family.name: family for family in profile.families}
    found = list(parse_text(page(world.board(), profile, "main")))
    assert len({family.name for family in found}) == len(found)
    for metric in found:
        family = families[metric.samples[0].name]
        assert (metric.type, metric.documentation) == (family.kind, family.help)
        for sample in metric.samples:
            assert sample.name == family.name
            assert set(sample.labels) <= set(family.labels)


@ALL
def test_no_series_is_there_twice(profile):
    lines = [line.rpartition(" ")[0] for line in page(world.board(), profile, "main").splitlines() if line[0] != "#"]
    assert len(lines) == len(set(lines)) > 0


@ALL
def test_facts_are_withdrawn_when_they_are_too_old(profile):
    now = [T0]
    board = Board(profiles={profile.name: profile}, clock=lambda: now[0])
    one = latest(view(snapshot({"orders": topic((0, 9))}, {"billing": group({"orders": [3]})})))
    board.put(one)
    assert "orders" in page(board, profile)
    now[0] += one.health.stale_after_s()
    assert "orders" in page(board, profile)
    now[0] += 1
    assert "orders" not in page(board, profile)


@ALL
def test_before_the_first_good_poll_there_are_no_facts(profile):
    board = Board(profiles={profile.name: profile}, clock=lambda: T0)
    board.put(world.waiting())
    assert "orders" not in page(board, profile)


@ALL
def test_odd_names_survive(profile):
    name = 'a"b\\c\n%d'
    board = Board(profiles={profile.name: profile}, clock=lambda: T0)
    board.put(latest(view(snapshot({"orders": topic((0, 9))}, {name: group({"orders": [3]})}))))
    found = {value for m in parse_text(page(board, profile)) for s in m.samples for value in s.labels.values()}
    assert name in found


@ALL
def test_a_poll_that_keeps_its_view_keeps_what_was_rendered_of_it(profile):
    one = latest(view(snapshot({"orders": topic((0, 9))}, {"billing": group({"orders": [3]})})))
    first = part(profile, one, Part(), same_view=False)
    failed = replace(one, health=replace(one.health, error="Nobody answered.", failures=1))
    assert part(profile, failed, first, same_view=True).facts is first.facts


@ALL
def test_what_did_not_change_is_not_compressed_again(profile):
    seen = snapshot({"orders": topic((0, 9)), "other": topic((0, 4))}, {"billing": group({"orders": [3]})})
    first = part(profile, latest(view(seen)), Part(), same_view=False)
    second = part(profile, latest(view(seen)), first, same_view=False)
    for before, after in zip(first.facts, second.facts, strict=True):
        for family, segments in after.segments.items():
            assert all(a is b for a, b in zip(segments, before.segments[family], strict=True))
