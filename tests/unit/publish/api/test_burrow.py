"""Burrow's API: every address, message and status as Burrow has them, and what lagwatch asks before it changes anything."""

import logging
import socket
from dataclasses import replace
from urllib.parse import unquote

import pytest

from lagwatch.app.burrow import setup
from lagwatch.cycle import Memory, advance
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.model.snapshot import Assigned, Member
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.board import Board
from tests.support import desk as kept
from tests.support import world
from tests.support.asgi import Client
from tests.support.build import T0, group, latest, snapshot, topic
from tests.support.settings import settings

GATE = Gate((Token("ada", Role.OPERATOR, lambda: "token-of-ada"), Token("wall", Role.VIEWER, lambda: "wall")))
ADA = {"Authorization": "Bearer token-of-ada"}
POLLS = 12
NOTIFIER = {
    "class-name", "group-allowlist", "interval", "threshold", "template-open", "template-close", "extra", "send-close",
    "extra-ca", "noverify",
}  # fmt: skip


def facts(i):
    """Poll i, 30 s after the one before: billing moves and keeps up, slow moves and does not, dead and hung stand still."""
    end = 1000 + 100 * i
    topics = {"orders": topic((0, end), (0, end), (0, 5)), "audit": topic((0, 7))}
    groups = {
        "billing": group({"orders": [end, end - 10 + i % 3, None], "audit": [7]}),
        "slow": group({"orders": [500 + 90 * i, None, None]}),
        "dead": group({"orders": [100, None, None]}, members=0, state="Empty"),
        "hung": group({"orders": [None, 100, None]}),
        "team/a%b": group({"audit": [7]}),
        "sharing": group({"audit": [3]}, kind="share"),
        "idle": group({}),
    }
    seen = snapshot(topics, groups, at=T0 + 30.0 * i)
    owners = {"billing": (0, 2), "slow": (0,), "hung": (1,)}
    members = {
        name: (Member(id="m", client_id=f"{name}-1", host="/10.0.0.1", assigned=(Assigned("orders", owned),)),)
        for name, owned in owners.items()
    }
    made = tuple(replace(g, members=members.get(g.name, ()), assigned_known=g.name in members) for g in seen.groups)
    return replace(seen, groups=made)


class Monitored:
    """A cluster after some polls, and another one that was never read."""

    def __init__(self, polls=POLLS, **options):
        self.memory = Memory(windows=WindowOptions(**options))
        self.board = Board(clock=lambda: T0)
        self.board.put(world.waiting())
        self.polled = 0
        for _ in range(polls):
            self.poll()

    def poll(self, seen=None):
        seen = facts(self.polled) if seen is None else seen
        self.polled += 1
        view, _ = advance(self.memory, seen, (), seen.at)
        self.board.put(latest(view))

    def forget(self, cluster, name, of):
        assert cluster == "main"
        self.memory.windows.removed[name, of] = T0 + 30.0 * self.polled - 1.0

    def api(self, desk=None, gate=GATE, **more):
        configured = settings("bootstrap: kafka-1:9092\nname: main\n" + more.pop("yaml", ""))
        made = create_api(
            self.board, clock=lambda: T0, gate=gate, desk=desk, burrow=setup(configured, self.forget), **more
        )
        return Client(made)


@pytest.fixture(name="api", scope="module")
def _api():
    return Monitored().api()


def answer(response, message, *, status=200, error=False):
    """The body without its envelope, which is looked at."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.pop("error") is error
    assert body.pop("message") == message
    path = response.request.url.path
    assert body.pop("request") == {"url": path, "host": socket.gethostname()}
    return body


def test_clusters_are_listed_whether_they_can_be_read_or_not(api):
    assert answer(api.get("/v3/kafka"), "cluster list returned") == {"clusters": ["backup", "main"]}


def test_topics_and_where_their_partitions_end(api):
    assert answer(api.get("/v3/kafka/main/topic"), "topic list returned") == {"topics": ["audit", "orders"]}
    found = answer(api.get("/v3/kafka/main/topic/orders"), "topic offsets returned")
    assert found == {"offsets": [2100, 2100, 5]}


def test_the_end_of_a_partition_that_is_not_known_now_is_the_last_that_was():
    watched = Monitored(polls=2)
    seen = facts(2)
    ends = seen.partitions.end.copy()
    ends[1] = -1
    watched.poll(replace(seen, partitions=replace(seen.partitions, end=ends)))
    assert watched.api().get("/v3/kafka/main/topic/orders").json()["offsets"] == [1100, 1200, 5]


def test_consumers_of_a_cluster_and_of_a_topic(api):
    every = ["billing", "dead", "hung", "slow", "team/a%b"]
    assert answer(api.get("/v3/kafka/main/consumer"), "consumer list returned") == {"consumers": every}
    found = answer(api.get("/v3/kafka/main/topic/audit/consumers"), "consumers of topic returned")
    assert found == {"consumers": ["billing", "team/a%b"]}


def test_a_topic_that_is_not_there_has_no_consumers_and_that_is_no_error(api):
    assert answer(api.get("/v3/kafka/main/topic/nope/consumers"), "consumers of topic returned") == {"consumers": []}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v3/kafka/nope", "cluster module not found"),
        ("/v3/config/cluster/nope", "cluster module not found"),
        ("/v3/kafka/nope/topic", "cluster not found"),
        ("/v3/kafka/nope/topic/orders", "cluster or topic not found"),
        ("/v3/kafka/main/topic/nope", "cluster or topic not found"),
        ("/v3/kafka/nope/topic/orders/consumers", "cluster not found"),
        ("/v3/kafka/nope/consumer", "cluster not found"),
        ("/v3/kafka/nope/consumer/billing", "cluster or consumer not found"),
        ("/v3/kafka/main/consumer/nope", "cluster or consumer not found"),
        ("/v3/kafka/main/consumer/idle", "cluster or consumer not found"),
        ("/v3/kafka/main/consumer/sharing", "cluster or consumer not found"),
        ("/v3/config/storage/nope", "storage module not found"),
        ("/v3/config/evaluator/nope", "evaluator module not found"),
        ("/v3/config/consumer/nope", "consumer module not found"),
        ("/v3/config/notifier/nope", "notifier module not found"),
    ],
)
def test_what_is_not_there_is_an_error_without_anything_else(api, path, message):
    assert answer(api.get(path), message, status=404, error=True) == {}


@pytest.mark.parametrize("path", ["/v3", "/v3/", "/v3/nothing", "/v3/kafka/main/nothing", "/v3/config/nothing"])
def test_an_address_that_is_none_is_answered_as_text(api, path):
    response = api.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == '{"error":true,"message":"invalid request type","result":{}}'


def test_a_method_that_is_not_possible_is_told_so(api):
    response = api.request("DELETE", "/v3/kafka")
    assert (response.status_code, response.text) == (405, "Method Not Allowed")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v3/kafka", "GET, HEAD"),
        ("/v3/kafka/main/consumer/billing", "DELETE, GET, HEAD"),
        ("/v3/kafka/main/consumer/team%2Fbilling", "DELETE, GET, HEAD"),
        ("/v3/kafka/main/consumer/billing/topic/orders", "DELETE"),
        ("/v3/admin/loglevel", "GET, HEAD, POST"),
    ],
)
def test_a_wrong_method_is_told_all_that_are_right(api, path, allowed):
    response = api.request("PUT", path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert (api.request("HEAD", path).status_code == 405) == ("HEAD" not in allowed)


class TestDetail:
    def test_each_topic_has_all_its_partitions_by_number(self, api):
        found = answer(api.get("/v3/kafka/main/consumer/billing"), "consumer detail returned")["topics"]
        assert set(found) == {"orders", "audit"}
        assert [set(each) for each in found["orders"]] == [{"offsets", "owner", "client_id", "current-lag"}] * 3

    def test_a_full_window_has_the_last_ten_commits_the_oldest_first(self, api):
        first = api.get("/v3/kafka/main/consumer/billing").json()["topics"]["orders"][0]
        assert [each["offset"] for each in first["offsets"]] == [1000 + 100 * i for i in range(2, 12)]
        assert first["offsets"][0] == {
            "offset": 1200,
            "timestamp": int((T0 + 60) * 1000),
            "observedAt": int((T0 + 60) * 1000),
            "lag": 0,
        }
        assert (first["owner"], first["client_id"], first["current-lag"]) == ("/10.0.0.1", "billing-1", 0)

    def test_what_is_missing_is_null_and_comes_first(self, api):
        (only,) = api.get("/v3/kafka/main/consumer/billing").json()["topics"]["audit"]
        assert only["offsets"][:9] == [None] * 9
        assert (only["offsets"][9]["offset"], only["owner"], only["client_id"]) == (7, "", "")

    def test_a_partition_without_a_commit_has_an_empty_window(self, api):
        third = api.get("/v3/kafka/main/consumer/billing").json()["topics"]["orders"][2]
        assert third == {"offsets": [], "owner": "/10.0.0.1", "client_id": "billing-1", "current-lag": 0}

    def test_the_lag_of_a_commit_is_null_where_it_was_not_known(self):
        watched = Monitored(polls=1)
        seen = facts(1)
        watched.poll(replace(seen, partitions=replace(seen.partitions, end=seen.partitions.end * 0 - 1)))
        first = watched.api().get("/v3/kafka/main/consumer/slow").json()["topics"]["orders"][0]
        assert [each and each["lag"] for each in first["offsets"]] == [None] * 8 + [500, None]
        assert first["current-lag"] == 410

    def test_a_name_may_be_any(self, api):
        response = api.get("/v3/kafka/main/consumer/team%2Fa%25b")
        assert response.status_code == 200
        assert response.json()["request"]["url"] == "/v3/kafka/main/consumer/team/a%b"

    @pytest.mark.parametrize("name", ["%0A", "a%0Ab", "a%0A", "%0D%0A%2F", "%E2%80%A8"])
    def test_a_name_may_have_ends_of_lines(self, api, name):
        response = api.get(f"/v3/kafka/main/consumer/{name}/status")
        body = answer(response, "consumer status returned", status=404)
        assert body["status"]["group"] == unquote(name)


class TestStatus:
    def status(self, api, name, what="status"):
        return answer(api.get(f"/v3/kafka/main/consumer/{name}/{what}"), "consumer status returned")["status"]

    def test_of_a_group_that_keeps_up(self, api):
        found = self.status(api, "billing")
        assert found.pop("maxlag")["current_lag"] == 8
        assert found == {
            "cluster": "main",
            "group": "billing",
            "status": "OK",
            "complete": 0.5,
            "partitions": [],
            "partition_count": 4,
            "totallag": 8,
        }

    def test_with_all_partitions_in_the_order_of_topic_and_number(self, api):
        found = self.status(api, "billing", "lag")
        assert [(each["topic"], each["partition"]) for each in found["partitions"]] == [
            ("audit", 0), ("orders", 0), ("orders", 1), ("orders", 2),
        ]  # fmt: skip
        assert [each["complete"] for each in found["partitions"]] == [0.1, 1.0, 1.0, 0.0]
        assert [each["status"] for each in found["partitions"]] == ["OK"] * 4
        nothing = found["partitions"][3]
        assert (nothing["start"], nothing["end"], nothing["current_lag"]) == (None, None, 0)

    def test_of_a_group_whose_lag_never_falls(self, api):
        found = self.status(api, "slow")
        assert found["status"] == "WARN"
        (only,) = found["partitions"]
        assert found["maxlag"] == only
        assert only == {
            "topic": "orders",
            "partition": 0,
            "owner": "/10.0.0.1",
            "client_id": "slow-1",
            "status": "WARN",
            "start": {"offset": 680, "timestamp": 1772000060000, "observedAt": 1772000060000, "lag": 520},
            "end": {"offset": 1490, "timestamp": 1772000330000, "observedAt": 1772000330000, "lag": 610},
            "current_lag": 610,
            "complete": 1.0,
        }

    def test_of_a_group_of_which_no_lag_is_known(self):
        watched = Monitored(polls=0)
        seen = facts(0)
        watched.poll(replace(seen, partitions=replace(seen.partitions, end=seen.partitions.end * 0 - 1)))
        found = self.status(watched.api(), "dead", "lag")
        assert (found["status"], found["totallag"]) == ("OK", None)
        assert [each["current_lag"] for each in found["partitions"]] == [None, 0, 0]

    @pytest.mark.parametrize(("name", "word"), [("dead", "STOP"), ("hung", "STALL")])
    def test_of_a_group_that_stands_still(self, api, name, word):
        found = self.status(api, name)
        assert found["status"] == "ERR"
        assert [each["status"] for each in found["partitions"]] == [word]
        assert found["totallag"] == found["maxlag"]["current_lag"] == 2000

    @pytest.mark.parametrize("path", ["main/consumer/nope", "nope/consumer/nope", "main/consumer/idle"])
    def test_of_none_is_404_and_no_error(self, api, path):
        for what in ("status", "lag"):
            body = answer(api.get(f"/v3/kafka/{path}/{what}"), "consumer status returned", status=404)
            cluster, _, name = path.split("/")
            assert body["status"] == {
                "cluster": cluster,
                "group": name,
                "status": "NOTFOUND",
                "complete": 1.0,
                "partitions": [],
                "partition_count": 0,
                "maxlag": None,
                "totallag": 0,
            }


def test_of_a_cluster_that_was_never_read_nothing_is_known_and_that_is_said(api):
    for path in ("topic", "consumer", "consumer/billing", "consumer/billing/status", "topic/orders"):
        response = api.get(f"/v3/kafka/backup/{path}")
        assert response.status_code == 503
        assert response.json()["error"] is True
        assert response.json()["message"].startswith("nothing is known of cluster backup yet: No bootstrap address")


def test_with_more_commits_than_windows_are_kept_for_that_is_said_and_topics_are_there_all_the_same():
    api = Monitored(most_commits=3).api()
    response = api.get("/v3/kafka/main/consumer")
    assert response.status_code == 503
    assert "more than burrow.most_commits (3)" in response.json()["message"]
    assert api.get("/v3/kafka/main/topic/orders").json()["offsets"] == [2100, 2100, 5]


def test_a_group_that_has_not_moved_for_too_long_is_not_known_any_more():
    api = Monitored(expire_group_s=90.0).api()
    assert api.get("/v3/kafka/main/consumer").json()["consumers"] == ["billing", "slow"]
    assert api.get("/v3/kafka/main/consumer/dead/status").status_code == 404


class TestRemoving:
    @pytest.fixture(name="desk")
    def _desk(self):
        with kept.desk() as desk:
            yield desk

    def test_it_takes_the_token_of_an_operator(self, desk):
        watched = Monitored(polls=2)
        api = watched.api(desk)
        for headers, status in (({}, 401), ({"Authorization": "Bearer wall"}, 403)):
            response = api.request("DELETE", "/v3/kafka/main/consumer/slow", headers=headers)
            assert response.status_code == status
            assert response.json()["error"] is True
            assert "token" in response.json()["message"]
        response = watched.api(desk, Gate()).request("DELETE", "/v3/kafka/main/consumer/slow", headers=ADA)
        assert response.status_code == 403
        assert "web: {tokens:" in response.json()["message"]
        assert watched.memory.windows.removed == {}

    def test_a_group_is_gone_at_once_and_back_with_its_next_commit(self, desk):
        watched = Monitored(polls=2)
        api = watched.api(desk)
        response = api.request("DELETE", "/v3/kafka/main/consumer/slow", headers=ADA)
        assert answer(response, "consumer group removed") == {}
        assert api.get("/v3/kafka/main/consumer/slow").status_code == 404
        assert "slow" not in api.get("/v3/kafka/main/consumer").json()["consumers"]
        watched.poll()
        first = api.get("/v3/kafka/main/consumer/slow").json()["topics"]["orders"][0]
        assert [each and each["offset"] for each in first["offsets"]] == [None] * 9 + [680]
        (_, entry), *_ = desk.audit()
        assert (entry.actor, entry.action, entry.subject) == ("ada", "burrow.forget", "slow")

    def test_one_that_stands_still_does_not_come_back(self, desk):
        watched = Monitored(polls=2)
        api = watched.api(desk)
        api.request("DELETE", "/v3/kafka/main/consumer/dead", headers=ADA)
        watched.poll()
        watched.poll()
        assert api.get("/v3/kafka/main/consumer/dead/status").status_code == 404

    def test_of_one_topic_only(self, desk):
        api = Monitored(polls=2).api(desk)
        response = api.request("DELETE", "/v3/kafka/main/consumer/billing/topic/audit", headers=ADA)
        assert answer(response, "consumer group removed") == {}
        assert set(api.get("/v3/kafka/main/consumer/billing").json()["topics"]) == {"orders"}

    def test_what_is_not_there_can_be_removed_too(self, desk):
        api = Monitored(polls=1).api(desk)
        assert api.request("DELETE", "/v3/kafka/main/consumer/nope", headers=ADA).status_code == 200


class TestConfiguration:
    def test_the_main_part(self, api):
        found = answer(api.get("/v3/config"), "main config returned")
        assert set(found) == {"general", "logging", "zookeeper", "httpserver"}
        assert found["logging"]["level"] == "info"
        assert found["httpserver"] == {"default": {"address": "127.0.0.1:8484", "tls": "", "timeout": 0}}

    @pytest.mark.parametrize(
        ("coordinator", "names"),
        [
            ("storage", ["default"]),
            ("evaluator", ["default"]),
            ("cluster", ["main"]),
            ("consumer", ["main"]),
            ("notifier", []),
        ],
    )
    def test_the_modules_of_each_coordinator(self, api, coordinator, names):
        found = answer(api.get(f"/v3/config/{coordinator}"), "module list returned")
        assert found == {"coordinator": coordinator, "modules": names}
        for name in names:
            message = f"{coordinator} module detail returned"
            assert answer(api.get(f"/v3/config/{coordinator}/{name}"), message)["module"]["class-name"]

    def test_a_cluster_is_told_without_secrets_files_or_users(self):
        yaml = """
connection:
  tls: {enabled: true, verify_hostname: false}
  sasl: {mechanism: PLAIN, username: somebody, password: geheim}
receivers:
  on-call: {email: {host: mail.example.com, from: a@example.com, to: [b@example.com]}}
  hook: {webhook: {url: "https://hooks.example.com/secret-part"}}
"""
        api = Monitored(polls=0).api(yaml=yaml)
        found = [answer(api.get(path), "cluster module detail returned") for path in
                 ("/v3/kafka/main", "/v3/config/cluster/main")]  # fmt: skip
        assert found[0] == found[1]
        module = found[0]["module"]
        assert (module["class-name"], module["servers"]) == ("kafka", ["kafka-1:9092"])
        profile = module["client-profile"]
        assert profile["tls"] == {"name": "main", "certfile": "", "keyfile": "", "cafile": "", "noverify": True}
        assert profile["sasl"] == {"name": "main", "handshake-first": True, "username": ""}
        assert api.get("/v3/config/notifier").json()["modules"] == ["on-call", "hook"]
        modules = {name: api.get(f"/v3/config/notifier/{name}").json()["module"] for name in ("on-call", "hook")}
        assert {name: module["class-name"] for name, module in modules.items()} == {"on-call": "email", "hook": "http"}
        assert set(modules["hook"]) == NOTIFIER | {
            "timeout", "keepalive", "url-open", "url-close", "method-open", "method-close",
        }  # fmt: skip
        assert set(modules["on-call"]) == NOTIFIER | {"server", "port", "auth-type", "username", "from", "to"}
        assert (modules["on-call"]["server"], modules["on-call"]["to"]) == ("mail.example.com", "b@example.com")
        texts = [api.get(f"/v3/config/{path}").text for path in ("notifier/hook", "notifier/on-call", "consumer/main")]
        assert not any(secret in text for text in texts for secret in ("geheim", "secret-part", "somebody"))

    def test_without_tls_and_sasl_these_are_null(self, api):
        profile = api.get("/v3/kafka/main").json()["module"]["client-profile"]
        assert (profile["tls"], profile["sasl"]) == (None, None)


class TestLogLevel:
    @pytest.fixture(autouse=True)
    def _as_before(self):
        logger = logging.getLogger("lagwatch")
        level = logger.level
        logger.setLevel(logging.INFO)
        yield
        logger.setLevel(level)

    def post(self, body, headers=ADA):
        with kept.desk() as desk:
            api = Monitored(polls=0).api(desk)
            return api.request("POST", "/v3/admin/loglevel", content=body, headers=headers)

    @pytest.mark.parametrize(
        ("given", "told"),
        [("debug", "debug"), ("TRACE", "debug"), ("info", "info"), ("warning", "warn"), ("warn", "warn"),
         ("error", "error"), ("fatal", "fatal")],
    )  # fmt: skip
    def test_it_is_set_and_told(self, api, given, told):
        assert answer(api.get("/v3/admin/loglevel"), "log level returned") == {"level": "info"}
        assert answer(self.post(f'{{"level": "{given}"}}'), "set log level") == {}
        assert api.get("/v3/admin/loglevel").json()["level"] == told

    def test_what_is_no_level_or_no_json_is_refused(self):
        assert answer(self.post('{"level": "loud"}'), "unknown log level", status=404, error=True) == {}
        assert answer(self.post("{}"), "unknown log level", status=404, error=True) == {}
        for body in ("{", '{"level": 5}', "", b"\xff"):
            assert answer(self.post(body), "could not decode message body", status=400, error=True) == {}
        assert self.post("x" * 70_000).status_code == 413
        assert self.post('{"level": "debug"}', headers={}).status_code == 401
        assert logging.getLogger("lagwatch").level == logging.INFO


def test_burrow_tells_that_it_is_alive_and_when_it_has_started():
    watched = Monitored(polls=0)
    api = watched.api(gate=Gate(GATE.tokens, read_requires_token=True))
    assert (api.get("/burrow/admin").text, api.get("/burrow/admin").status_code) == ("GOOD", 200)
    assert (api.get("/burrow/admin/ready").text, api.get("/burrow/admin/ready").status_code) == ("STARTING", 503)
    alone = Board(clock=lambda: T0)
    watched.board = alone
    watched.poll()
    assert (watched.api().get("/burrow/admin/ready").text) == "READY"
    assert api.get("/v3/kafka").status_code == 401


def test_head_is_answered_as_get_without_a_body(api):
    response = api.request("HEAD", "/v3/kafka")
    assert (response.status_code, response.content) == (200, b"")
