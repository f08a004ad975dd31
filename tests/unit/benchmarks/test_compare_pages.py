"""What counts as a difference between two pages, what does not, and how it is told."""

import math
import os
import select
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks import compare_peer
from benchmarks.comparing.exporters import EXPORTERS, Wanted
from benchmarks.comparing.pages import Allowance, Difference, Kind, compare, parse
from benchmarks.comparing.running import _running, _whole
from benchmarks.processes import BenchmarkError
from lagwatch.publish.metrics.profiles import PROFILES
from tests.support.build import latest


def page(*lines):
    return parse("\n".join(lines) + "\n")


def differences(theirs, ours, *allowed):
    found = compare(theirs, [ours, ours], allowed).differences
    return [(d.kind, d.name, dict(d.labels), d.theirs, d.ours) for d in found]


def test_the_same_page_agrees_whatever_the_order_of_series_and_labels():
    theirs = page('a{x="1",y="2"} 5', 'a{x="2",y="2"} 6', "b 1")
    ours = page("b 1.0", 'a{y="2",x="2"} 6', 'a{y="2",x="1"} 5')
    found = compare(theirs, [ours, ours])
    assert (found.theirs, found.ours, found.agreeing, found.differences) == (3, 3, 3, ())


def test_an_empty_label_is_another_than_one_that_is_not_there():
    assert differences(page('a{x="1",rack=""} 5'), page('a{x="1",rack=""} 5')) == []
    assert differences(page('a{x="1",rack=""} 5'), page('a{x="1"} 5')) == [
        (Kind.LABELS, "a", {"x": "1", "rack": ""}, 5, None),
        (Kind.LABELS, "a", {"x": "1"}, None, 5),
    ]


def test_nan_is_equal_to_nan_and_to_nothing_else():
    assert differences(page("a NaN", "b +Inf"), page("a nan", "b inf")) == []
    ((kind, name, _, theirs, ours),) = differences(page("a NaN"), page("a 0"))
    assert (kind, name, math.isnan(theirs), ours) == (Kind.VALUE, "a", True, 0)


def test_a_name_that_one_page_has_is_told_with_each_of_its_series():
    assert differences(page('a{x="1"} 5', 'a{x="2"} 6'), page("b 1")) == [
        (Kind.NAME, "a", {"x": "1"}, 5, None),
        (Kind.NAME, "a", {"x": "2"}, 6, None),
        (Kind.NAME, "b", {}, None, 1),
    ]


def test_other_labels_under_a_name_that_both_have_are_told_from_both_sides():
    assert differences(page('a{group="g"} 5'), page('a{consumer="g"} 5')) == [
        (Kind.LABELS, "a", {"consumer": "g"}, None, 5),
        (Kind.LABELS, "a", {"group": "g"}, 5, None),
    ]


def test_another_value_is_told():
    assert differences(page('a{x="1"} 5'), page('a{x="1"} 6')) == [(Kind.VALUE, "a", {"x": "1"}, 5, 6)]


def test_a_value_that_moved_while_both_were_asked_may_be_any_in_between():
    before, after = page("a 10", "b 7"), page("a 20", "b 7")
    assert compare(page("a 15", "b 7"), [before, after]).differences == ()
    assert [d.name for d in compare(page("a 21", "b 8"), [before, after]).differences] == ["a", "b"]


def test_a_series_that_appeared_or_went_while_both_were_asked_is_no_difference():
    assert compare(page("a 1"), [page("b 1", "a 1"), page("b 1")]).differences == (
        Difference(kind=Kind.NAME, name="b", labels=(), theirs=None, ours=1),
    )


def test_what_is_not_to_be_compared_is_left_out_and_counted():
    own = Allowance(names="go_.*", what="name", why="its process")
    version = Allowance(names="up", what="version", why="its version")
    value = Allowance(names="poll_ms", what="value", why="its time")
    theirs = page("go_threads 3", "go_info 1", 'up{version="2"} 1', "poll_ms 5")
    ours = page('up{version="0.1"} 1', "poll_ms 99")
    found = compare(theirs, [ours, ours], (own, version, value))
    assert (found.differences, found.theirs, found.ours, found.agreeing) == ((), 2, 2, 2)
    assert found.left_out == {"its process": 2}


def test_an_allowance_is_about_whole_names():
    assert differences(page("go_threads 1"), page("a 1"), Allowance(names="go_", what="name", why=""))[0][1] == "a"
    assert len(differences(page("go_threads 1"), page("a 1"), Allowance(names="go_", what="name", why=""))) == 2


def test_a_difference_is_told_in_one_line():
    missing = Difference(kind=Kind.LABELS, name="a", labels=(("x", "1"), ("y", "2")), theirs=12345678.0, ours=None)
    assert str(missing) == 'labels: a{x="1",y="2"} theirs 12345678, lagwatch\'s absent'


@pytest.fixture(name="wanted")
def _wanted(tmp_path):
    return Wanted(bootstrap="a:1,b:2", port=99, home=tmp_path, topics="orders.*", groups="bill.*")


def test_every_exporter_is_one_whose_names_lagwatch_can_take():
    assert PROFILES.keys() <= EXPORTERS.keys()
    assert all(profile.name in EXPORTERS for profile in PROFILES.values())
    for name, profile in PROFILES.items():
        assert {EXPORTERS[name].ready or EXPORTERS[name].ours, EXPORTERS[name].ours} <= {
            family.name for family in profile.families
        }


def test_kafka_exporter_is_told_brokers_port_and_filters(wanted):
    command = EXPORTERS["kafka_exporter"].start(Path("x"), wanted).command
    assert command[1:] == [
        "--kafka.server=a:1", "--kafka.server=b:2", "--web.listen-address=127.0.0.1:99",
        "--topic.filter=^(orders.*)$", "--group.filter=^(bill.*)$",
    ]  # fmt: skip


def test_kminion_is_told_by_its_environment(wanted):
    start = EXPORTERS["kminion"].start(Path("x"), wanted)
    assert (start.command, start.variables["KAFKA_BROKERS"], start.variables["EXPORTER_PORT"]) == (
        ["x"],
        "a:1,b:2",
        "99",
    )
    assert start.variables["MINION_TOPICS_ALLOWEDTOPICS"] == "/^(orders.*)$/"


def test_burrow_is_told_by_a_file(wanted):
    start = EXPORTERS["burrow"].start(Path("x"), wanted)
    assert list(start.command) == ["x", "--config-dir", str(wanted.home)]
    assert start.files["burrow.toml"].count('servers = ["a:1", "b:2"]') == 2


@pytest.mark.parametrize(("executable", "first"), [("kle", "kle"), ("kle.jar", "java")])
def test_kafka_lag_exporter_is_a_program_or_a_jar_with_a_file(wanted, executable, first):
    start = EXPORTERS["kafka_lag_exporter"].start(Path(executable), wanted)
    assert Path(start.command[0]).name == first
    option = f"-Dconfig.file={wanted.home}/application.conf"
    assert option in start.command or start.variables["JAVA_OPTS"] == option
    assert 'bootstrap-brokers = "a:1,b:2"' in start.files["application.conf"]


@pytest.mark.parametrize("text", ["kminion", "kminion=", "telegraf=/bin/true", "kminion=/nowhere/kminion", "kminion=/"])
def test_an_exporter_that_is_unknown_or_no_executable_is_refused_with_exit_code_2(text):
    with pytest.raises(SystemExit) as ended:
        compare_peer.main(["--peer", text])
    assert ended.value.code == 2


def test_an_exporter_that_ends_at_once_is_told_with_what_it_printed(tmp_path, capsys):
    path = tmp_path / "kminion"
    path.write_text("#!/bin/sh\necho no such broker\nexit 3\n")
    path.chmod(0o755)
    assert compare_peer.main(["--peer", f"kminion={path}", "--bootstrap", "127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == "kminion ended with 3; it printed:\nno such broker\n\n"


def test_an_exporter_that_says_nothing_is_told(tmp_path, capsys):
    path = tmp_path / "kminion"
    path.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    path.chmod(0o755)
    assert compare_peer.main(["--peer", f"kminion={path}", "--bootstrap", "127.0.0.1:1", "--wait", "1"]) == 2
    assert "kminion has no series of kminion at http://127.0.0.1:" in capsys.readouterr().err


def test_what_a_script_started_ends_with_it(tmp_path):
    """Its child holds a pipe open that nobody else writes to: the end of the pipe is that of the child."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    path = tmp_path / "kminion"
    path.write_text(f"#!/bin/sh\n(echo started; exec sleep 60) > {pipe}\nexit 0\n")
    path.chmod(0o755)
    try:
        with _running("kminion", [str(path)], os.environ, tmp_path):
            assert select.select([reading], [], [], 30)[0]
            assert os.read(reading, 100) == b"started\n"
        assert select.select([reading], [], [], 10)[0], "the child is still there"
        assert os.read(reading, 100) == b""
    finally:
        os.close(reading)


@contextmanager
def served(page):
    """The address of a page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()


def whole(page, name, wait_s):
    """What is scraped of a page once it counts as whole."""
    with served(page) as url:
        return _whole(name, url, name, EXPORTERS[name].ready, lambda: None, wait_s)()


def test_what_an_exporter_tells_of_itself_is_what_is_there_before_kafka_was_read():
    for name, profile in PROFILES.items():
        tables = profile.health(latest())
        assert {column.family.name for table in tables for column in table.columns} == set(EXPORTERS[name].itself)


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_page_of_one_that_never_read_kafka_is_not_compared(name):
    page = "".join(f"{each} 1\n" for each in ("go_threads", *EXPORTERS[name].itself)).encode()
    with pytest.raises(BenchmarkError, match=f"{name} has no series of {name} at http://.* that tells of Kafka"):
        whole(page, name, wait_s=0.1)


@pytest.mark.parametrize("page", [b"<html>Welcome</html>", b"\xff\xfe 1 2 3", b"go_threads 1\n", b""])
def test_a_page_without_the_exporters_metrics_is_told(page):
    with pytest.raises(BenchmarkError, match=r"kminion has no series of kminion at http://127\.0\.0\.1:"):
        whole(page, "kminion", wait_s=0.1)


def test_an_exporter_that_reads_when_it_is_scraped_is_whole_with_any_series(capsys):
    found = whole(b'kminion_kafka_consumer_group_members{group_id="g"} 1\n', "kminion", wait_s=60)
    assert found == {"kminion_kafka_consumer_group_members": {(("group_id", "g"),): 1}}
    assert capsys.readouterr().err == ""


def test_a_page_that_never_gets_ready_is_taken_as_it_is_and_that_is_said(capsys):
    found = whole(b'burrow_kafka_consumer_status{cluster="main",consumer_group="g"} 1\n', "burrow", wait_s=0.1)
    assert list(found) == ["burrow_kafka_consumer_status"]
    assert capsys.readouterr().err == "burrow is not ready after 0 s; its page is taken as it is.\n"
