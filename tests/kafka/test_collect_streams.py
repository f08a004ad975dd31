"""A group of the streams protocol (KIP-1071) on the real Kafka, joined by hand: no Python client speaks that protocol."""

import importlib
import sys
import types
import uuid
import zipfile

import pytest
from kafka import KafkaAdminClient
from kafka.protocol.api_message import ApiMessage

from lagwatch.demo.jars import KAFKA_VERSION, jars
from tests.kafka.collecting import commits, groups, only, reading
from tests.kafka.support import commit, create_topic, unique, wait_until

NAME = "StreamsGroupHeartbeat"


@pytest.fixture(scope="module")
def heartbeat(tmp_path_factory):
    """The request class, made of the schema in Kafka's own jar."""
    package = tmp_path_factory.mktemp("schemas") / "streams_schemas"
    package.mkdir()
    (package / "__init__.py").touch()
    with zipfile.ZipFile(jars() / f"kafka-clients-{KAFKA_VERSION}.jar") as archive:
        for kind in ("Request", "Response"):
            (package / f"{NAME}{kind}.json").write_bytes(archive.read(f"common/message/{NAME}{kind}.json"))
    sys.path.insert(0, str(package.parent))
    try:
        schemas = importlib.import_module(package.name)
        request, answer = (
            types.new_class(f"{NAME}{kind}", (ApiMessage,), {"load_json": schemas.__name__})
            for kind in ("Request", "Response")
        )
        yield request
        del answer  # kafka-python knows it for as long as it is referenced
    finally:
        sys.path.remove(str(package.parent))
        del sys.modules[package.name]


class Member:
    """A member with one subtopology that reads one topic."""

    def __init__(self, bootstrap, kind, group, topic):
        self._admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
        self._kind, self._group = kind, group
        self._id = str(uuid.uuid4())
        node = kind.Topology.Subtopology(
            subtopology_id="0",
            source_topics=[topic],
            source_topic_regex=[],
            state_changelog_topics=[],
            repartition_sink_topics=[],
            repartition_source_topics=[],
            copartition_groups=[],
        )
        none = {"active_tasks": [], "standby_tasks": [], "warmup_tasks": []}
        self.epoch = 0
        self._beat(
            rebalance_timeout_ms=10_000,
            topology=kind.Topology(epoch=0, subtopologies=[node]),
            process_id="p",
            client_tags=[],
            **none,
        )

    def beat(self):
        """Takes over what it was given; whether it owns anything now."""
        given = self._beat(rebalance_timeout_ms=-1).active_tasks
        if given:
            tasks = [self._kind.TaskIds(subtopology_id=t.subtopology_id, partitions=t.partitions) for t in given]
            self._beat(rebalance_timeout_ms=10_000, active_tasks=tasks, standby_tasks=[], warmup_tasks=[])
        return bool(given)

    def _beat(self, **fields):
        absent = dict.fromkeys(f.name for f in self._kind._struct.untagged_fields(0) if f.nullable_for_version_q(0))
        request = self._kind(
            version=0,
            group_id=self._group,
            member_id=self._id,
            member_epoch=self.epoch,
            endpoint_information_epoch=0,
            shutdown_application=False,
            **{**absent, **fields},
        )

        async def send():
            node = await self._admin._manager.send(self._find(), None)
            return await self._admin._manager.send(request, node.coordinators[0].node_id)

        answer = self._admin._manager.run(send)
        assert answer.error_code == 0, answer.error_message
        self.epoch = answer.member_epoch
        return answer

    def _find(self):
        from kafka.protocol.metadata import FindCoordinatorRequest

        return FindCoordinatorRequest(key_type=0, coordinator_keys=[self._group], min_version=4)

    def close(self):
        self._admin.close()


def test_a_streams_group_is_told_with_its_state_its_member_and_the_partitions_of_its_tasks(cluster, heartbeat):
    topic, group = create_topic(cluster.bootstrap, unique("streams"), 3), unique("streams")
    commit(cluster.bootstrap, unique("streams-first"), {(topic, 0): 1})  # the coordinators are there
    member = Member(cluster.bootstrap, heartbeat, group, topic)
    try:
        with reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader:
            (found,) = reader.read().groups
            assert (found.type, found.known, found.member_count) == ("streams", True, 1)
            assert found.state in {"NotReady", "Assigning", "Reconciling", "Stable"}
            wait_until(member.beat, "tasks for the member", every_s=0.5)
            wait_until(
                lambda: (member.beat(), reader.read().groups[0].state)[1] == "Stable", "a stable group", every_s=0.5
            )
            snapshot = reader.read()
    finally:
        member.close()
    told = groups(snapshot)[group]
    assert [(part.topic, part.partitions) for part in told.members[0].assigned] == [(topic, (0, 1, 2))]
    assert told.members[0].target == told.members[0].assigned
    assert told.epoch == told.assignment_epoch == told.members[0].epoch > 0
    assert commits(snapshot, group) == {}
    assert snapshot.gaps == ()
