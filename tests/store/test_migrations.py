"""The schema: from every version to the newest with the data in it, and no further."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from lagwatch.errors import StoreAway, StoreError
from lagwatch.model.alerts import State, Transition
from lagwatch.model.kept import AlertState
from lagwatch.store import Store
from lagwatch.store.database import Database
from lagwatch.store.migrate import NEWEST, VERSION_TABLE, upgrade, version, versions
from lagwatch.store.schema import METADATA
from tests.support.keeping import T0, message, settled

FIRST = """
INSERT INTO lagwatch_clusters (cluster, version, at, steps) VALUES ('main', 1, 1790000000.0, '[30.0,30.0]');
INSERT INTO lagwatch_alerts (cluster, id, state, told) VALUES ('main', 'abc',
  '{"rule":"ConsumerLagHigh","subject":{"cluster":"main","group":"billing"},"timers":{"phase":2,"held":300.0}}',
  '{"rule":"ConsumerLagHigh","severity":"critical","subject":{"cluster":"main","group":"billing"},"state":"inactive","since":0.0}');
INSERT INTO lagwatch_history (cluster, alert_id, at, state, rule, severity, group_name, topic, alert) VALUES
  ('main', 'abc', 1790000000.0, 'firing', 'ConsumerLagHigh', 'critical', 'billing', NULL,
  '{"rule":"ConsumerLagHigh","severity":"critical","subject":{"cluster":"main","group":"billing"},"state":"firing","since":1.0,"a_field_of_then":1}');
INSERT INTO lagwatch_audit (id, at, actor, action, subject, details) VALUES ('e1', 1790000000.0, 'ann', 'login', 's', '{"a":1}');
"""
"""What a lagwatch of schema version 0001 has written; these lines never change."""


@pytest.mark.parametrize("old", [None, *versions()])
def test_a_store_of_any_version_is_brought_to_the_newest_with_all_that_is_in_it(location, opened, old):
    if old is not None:
        database = Database(location)
        with database.transaction() as connection:
            upgrade(connection, location, to=old)
            for statement in filter(str.strip, FIRST.split(";\n")):
                connection.execute(text(statement.replace(":", r"\:")))
        database.close()
    store = opened(location)
    kept = store.load_alert_state("main")
    assert (kept is None) is (old is None)
    if kept is not None:
        assert isinstance(kept, AlertState)
        assert (kept.at, kept.steps, kept.alerts["abc"]["timers"]["held"]) == (T0, (30.0, 30.0), 300.0)
        assert kept.told["abc"].subject.group == "billing"
        (entry,) = store.history()
        assert entry.transition == Transition(at=T0, to=State.FIRING, alert=entry.transition.alert)
        assert [(number, each.id) for number, each in store.audit()] == [(1, "e1")]
    store.outbox.put([message("m1")], [])
    settled(store)
    assert [entry.message.id for _, entry in store.notices()] == ["m1"]


def test_the_steps_lead_to_the_tables_that_the_program_uses(location):
    database = Database(location)
    database.open()
    with database.reading() as connection:
        assert version(connection) == versions()[-1]
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_a_store_of_a_newer_lagwatch_is_refused_in_a_sentence_and_left_alone(location):
    database = Database(location)
    database.open()
    with database.transaction() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError) as refused:
        Store(location).open()
    assert not isinstance(refused.value, StoreAway)
    sentence = str(refused.value)
    assert f"{location} has schema version 9999" in sentence
    assert f"knows {versions()[-1]} at most" in sentence
    assert "run a newer lagwatch" in sentence
    database = Database(location)
    with database.reading() as connection:
        assert version(connection) == "9999"
    database.close()


def test_alerts_in_a_form_of_a_newer_lagwatch_are_refused_and_not_overwritten(location, opened):
    store = opened(location)
    store.load_alert_state("main")
    store.record("main", AlertState(at=T0, version=9))
    settled(store)
    store = opened(location)
    with pytest.raises(StoreError, match="kept by a newer lagwatch"):
        store.load_alert_state("main")
    store.record("main", AlertState(at=T0 + 30))
    store.outbox.put([message("m1")], [])
    store = opened(location)
    with pytest.raises(StoreError, match="kept by a newer lagwatch"):
        store.load_alert_state("main")
    assert store.notice("m1") is not None


def test_the_first_version_and_the_one_before_the_newest_are_the_same_on_every_start(location):
    for _ in range(2):
        database = Database(location)
        database.open()
        database.close()
    with database.reading() as connection:
        assert version(connection) == versions()[-1]
    database.close()


def test_the_newest_version_is_that_of_the_last_step():
    assert versions()[-1] == NEWEST


def test_where_there_is_no_step_to_take_nothing_heavy_is_imported(tmp_path):
    """The second start on the same file, and one that keeps everything in memory."""
    program = (
        "import sys; from pathlib import Path; from lagwatch.store import Store, in_directory, in_memory\n"
        "for place in (in_memory(), in_directory(Path(sys.argv[1]))):\n"
        "    store = Store(place); store.open(); store.close()\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'alembic', 'mako', 'psycopg'}))"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert "alembic" in printed[0]
    assert printed[1] == "[]\n"
