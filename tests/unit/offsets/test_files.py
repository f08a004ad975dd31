"""Plans and backups as files: whole or not there, never overwritten, and refused with a sentence if they are something else."""

import json
import os

import pytest

from lagwatch.errors import OffsetsFileError
from lagwatch.offsets.files import Backup, read_backup, read_plan, write_backup, write_plan
from lagwatch.offsets.plan import Move, Plan
from lagwatch.offsets.seen import Commit, Partition

ZERO, ONE = Partition("orders", 0), Partition("größe", 1)
PLAN = Plan(
    made_at=1_772_000_000.25,
    cluster="main",
    cluster_id="c1",
    group="team/billing ☃",
    target="earliest",
    moves=(
        Move(partition=ZERO, topic_id="t1", before=40, after=10, start=10, end=100, note="clamped"),
        Move(partition=ONE, before=None, after=5, start=5, end=5),
    ),
)


def test_a_plan_is_read_as_it_was_written(tmp_path):
    write_plan(tmp_path / "plan.json", PLAN)
    assert read_plan(tmp_path / "plan.json") == PLAN
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_backup_holds_the_plan_and_what_was_committed_before(tmp_path):
    backup = Backup(plan=PLAN, kept={ZERO: Commit(40, 3, "x"), ONE: None})
    write_backup(tmp_path / "backup.json", backup)
    assert read_backup(tmp_path / "backup.json") == backup


def test_nothing_is_overwritten_and_nothing_is_left_behind(tmp_path):
    there = tmp_path / "plan.json"
    there.write_text("mine")
    with pytest.raises(OffsetsFileError, match="exists and is not overwritten"):
        write_plan(there, PLAN)
    assert (there.read_text(), os.listdir(tmp_path)) == ("mine", ["plan.json"])


def test_a_directory_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OffsetsFileError, match="cannot be written: No such file or directory"):
        write_plan(tmp_path / "no" / "plan.json", PLAN)


def test_a_plan_and_a_backup_are_not_taken_for_one_another(tmp_path):
    write_plan(tmp_path / "plan.json", PLAN)
    with pytest.raises(OffsetsFileError, match="a plan goes to `lagwatch offsets apply`"):
        read_backup(tmp_path / "plan.json")
    write_backup(tmp_path / "backup.json", Backup(plan=PLAN, kept={ZERO: None, ONE: None}))
    with pytest.raises(OffsetsFileError, match="a backup goes to `lagwatch offsets undo`"):
        read_plan(tmp_path / "backup.json")


def damaged(change) -> str:
    form = {
        "format": "lagwatch-offsets-plan",
        "version": 1,
        "made_at": 1.0,
        "cluster": "main",
        "cluster_id": None,
        "group": "billing",
        "target": "earliest",
        "partitions": [
            {
                "topic": "orders",
                "topic_id": None,
                "partition": 0,
                "from": 1,
                "to": 2,
                "log_start": 0,
                "log_end": 9,
                "note": "",
            }
        ],
    }
    change(form)
    return json.dumps(form)


def test_the_form_that_the_damage_is_done_to_is_whole(tmp_path):
    (tmp_path / "plan.json").write_text(damaged(lambda form: None))
    assert read_plan(tmp_path / "plan.json").moves[0].after == 2


@pytest.mark.parametrize(
    "text,complaint",
    [
        ("", "is no JSON"),
        ("[]", "its format is None"),
        (damaged(lambda form: form.update(format="x")), "its format is 'x'"),
        (damaged(lambda form: form.update(version=2)), "version 2 of the format; this lagwatch knows 1"),
        (damaged(lambda form: form.pop("group")), "damaged: KeyError: 'group'"),
        (damaged(lambda form: form.update(partitions=7)), "damaged"),
        (damaged(lambda form: form["partitions"][0].update(to="2")), "'2' where int or null is expected"),
        (damaged(lambda form: form["partitions"][0].update(to=True)), "True where int or null is expected"),
        (damaged(lambda form: form["partitions"][0].update(partition=None)), "None where int is expected"),
        (damaged(lambda form: form.update(made_at="now")), "damaged"),
        (damaged(lambda form: form["partitions"][0].update(to=-1)), "damaged: ValueError: -1 is no offset"),
        (damaged(lambda form: form["partitions"][0].update(to=2**63)), "is no offset"),
        (damaged(lambda form: form["partitions"].append(form["partitions"][0])), "orders/0 is there twice"),
    ],
)
def test_a_file_that_is_none_of_ours_or_damaged_is_refused_with_its_name(tmp_path, text, complaint):
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(OffsetsFileError) as refused:
        read_plan(file)
    assert complaint in str(refused.value)
    assert "plan.json" in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_backup_of_what_no_client_commits_is_refused(tmp_path):
    file = tmp_path / "backup.json"
    for kept, complaint in (
        ({"offset": -2, "epoch": 1, "metadata": ""}, "-2 is no offset"),
        ({"offset": 2, "epoch": 2**31, "metadata": ""}, "2147483648 is no leader epoch"),
    ):
        file.write_text(
            damaged(
                lambda form, kept=kept: (
                    form.update(format="lagwatch-offsets-backup") or form["partitions"][0].update(kept=kept)
                )
            )
        )
        with pytest.raises(OffsetsFileError, match=complaint):
            read_backup(file)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OffsetsFileError, match="cannot be read: No such file"):
        read_plan(tmp_path / "plan.json")
