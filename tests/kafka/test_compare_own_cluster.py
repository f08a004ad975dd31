"""Without --bootstrap the comparison starts a Kafka of its own, with everything on it in which exporters could differ."""

import sys

import pytest

from benchmarks import compare_peer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

NOTHING_BUT_READY = """\
#!{python}
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'kminion_kafka_topic_log_dir_size_total_bytes{{topic_name="nowhere"}} 1\\n')

http.server.HTTPServer(("127.0.0.1", int(os.environ["EXPORTER_PORT"])), Handler).serve_forever()
"""


def test_an_exporter_that_lacks_everything_is_told_so(tmp_path, capsys, own_nodes):
    path = tmp_path / "kminion"
    path.write_text(NOTHING_BUT_READY.format(python=sys.executable))
    path.chmod(0o755)
    assert compare_peer.main(["--peer", f"kminion={path}"]) == 1
    told = capsys.readouterr().out
    assert (
        'labels: kminion_kafka_topic_log_dir_size_total_bytes{topic_name="nowhere"} theirs 1, lagwatch\'s absent'
        in told
    )
    for series in (
        'kminion_kafka_topic_partition_low_water_mark{partition_id="1",topic_name="orders"} theirs absent, lagwatch\'s 20',
        'kminion_kafka_consumer_group_topic_lag{group_id="nobody-left",topic_name="orders"} theirs absent, lagwatch\'s 217',
        'kminion_kafka_consumer_group_members{group_id="alive"} theirs absent, lagwatch\'s 1',
        "kminion_exporter_up{} theirs absent, lagwatch's 1",
    ):
        assert f"name: {series}" in told
    assert "not compared: version of kminion_exporter_up (each has its own version)" in told
