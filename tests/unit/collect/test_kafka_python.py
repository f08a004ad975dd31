"""
What collect assumes of kafka-python beyond its public API. A new version of the library has to pass this first.

`net` and `protocol` are used: connections, their I/O thread, the parser that cuts answers out of the stream, and messages.
"""

import importlib.metadata
import inspect
import socket
import ssl
import struct
import threading
import time

import kafka.errors
import pytest
from kafka.net.connection import KafkaConnection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.protocol.api_key import ApiKey
from kafka.protocol.broker_version_data import BrokerVersionData
from kafka.protocol.metadata import MetadataRequest, MetadataResponse
from kafka.protocol.parser import KafkaProtocol

from lagwatch.collect import client, requests
from lagwatch.collect.requests import API_VERSIONS, METADATA, Api
from lagwatch.collect.transport import Manager
from lagwatch.collect.wire import Answer, Request

APIS = [found for found in vars(requests).values() if isinstance(found, Api)]
BODY = b"\0\0\0\0body"


def test_the_version_is_the_one_that_all_this_was_checked_with():
    assert importlib.metadata.version("kafka-python") == "3.0.12"


def frame(correlation, body=BODY, tags=b"\0"):
    return struct.pack(">ii", 4 + len(tags) + len(body), correlation) + tags + body


@pytest.mark.parametrize("flexible", [False, True])
def test_the_parser_sends_our_bytes_and_gives_back_the_bytes_of_the_answer(flexible):
    parser = KafkaProtocol(client_id="lagwatch")
    request = Request("Metadata", 3, 9 if flexible else 8, b"question", flexible=flexible)
    for _ in range(2):  # the same request, sent twice
        correlation = parser.send_request(request)
        sent = parser.send_bytes()
        head = struct.pack(">hhih", 3, request.version, correlation, 8) + b"lagwatch" + b"\0" * flexible
        assert sent == struct.pack(">i", len(head) + 8) + head + b"question"
        stream = frame(correlation, tags=b"\0" * flexible)
        found = [answer for at in range(len(stream)) for answer in parser.receive_bytes(stream[at : at + 1])]
        ((told, answer),) = found
        assert told == correlation
        assert isinstance(answer, Answer)
        assert bytes(answer.body) == BODY


def test_an_answer_whose_header_is_plain_whatever_its_version_is_read_as_such():
    parser = KafkaProtocol(client_id="lagwatch")
    request = API_VERSIONS.encode(3, client_software_name="lagwatch", client_software_version="1")
    ((_, answer),) = parser.receive_bytes(frame(parser.send_request(request), tags=b""))
    assert bytes(answer.body) == BODY


def test_the_release_of_a_broker_is_inferred_from_what_it_speaks():
    told = BrokerVersionData(api_versions={ApiKey.DescribeLogDirs: (1, 5), ApiKey.ListOffsets: (1, 11)})
    assert told.broker_version == (4, 3)
    assert BrokerVersionData(api_versions={ApiKey.ListOffsets: (1, 7)}).broker_version == (3, 0)


def test_the_header_that_we_send_is_the_one_that_kafka_python_sends():
    ours, theirs = KafkaProtocol(client_id="c"), KafkaProtocol(client_id="c")
    message = MetadataRequest(topics=None, allow_auto_topic_creation=False, version=12)
    ours.send_request(METADATA.encode(12, topics=None, allow_auto_topic_creation=False))
    theirs.send_request(message)
    assert bytes(ours.send_bytes()) == bytes(theirs.send_bytes())


def test_the_parser_refuses_answers_that_belong_to_nothing():
    parser = KafkaProtocol(client_id="c", receive_message_max_bytes=100)
    request = Request("Metadata", 3, 9, b"", flexible=True)
    correlation = parser.send_request(request)
    with pytest.raises(kafka.errors.CorrelationIdError):
        parser.receive_bytes(frame(correlation + 1))
    parser = KafkaProtocol(client_id="c", receive_message_max_bytes=100)
    with pytest.raises(kafka.errors.InvalidReceiveError):
        parser.receive_bytes(struct.pack(">i", 101))
    parser = KafkaProtocol(client_id="c")
    parser.send_request(request)
    with pytest.raises(kafka.errors.KafkaProtocolError):
        parser.receive_bytes(struct.pack(">i", 2) + b"\0\0")


def test_an_answer_outlives_the_next_one():
    parser = KafkaProtocol(client_id="c")
    request = Request("Metadata", 3, 9, b"", flexible=True)
    first, second = parser.send_request(request), parser.send_request(request)
    ((_, one), (_, two)) = parser.receive_bytes(frame(first, b"\0\0\0\0one") + frame(second, b"\0\0\0\0two"))
    assert (bytes(one.body[4:]), bytes(two.body[4:])) == (b"one", b"two")


def test_settings_that_we_pass_are_known():
    known = KafkaConnectionManager.DEFAULT_CONFIG.keys()
    assert client._SETTINGS.keys() <= known
    security = {
        "security_protocol",
        "sasl_mechanism",
        "sasl_plain_username",
        "sasl_plain_password",
        "sasl_oauth_token_provider",
        "ssl_check_hostname",
        "ssl_cafile",
        "ssl_certfile",
        "ssl_keyfile",
        "ssl_password",
    }
    assert security <= known


def test_methods_that_we_call_or_replace_take_what_we_give():
    def takes(method, *names):
        assert set(names) <= set(inspect.signature(method).parameters), method

    takes(KafkaConnectionManager.get_connection, "node_id", "timeout_ms", "refresh_metadata_on_err")
    takes(KafkaConnectionManager.wait_for, "future", "timeout_ms")
    takes(KafkaConnectionManager._build_transport, "node", "timeout_at")
    takes(Manager._build_transport, "node", "timeout_at")
    takes(KafkaConnection.send_request, "request", "request_timeout_ms")
    takes(KafkaConnection.close, "error")
    takes(NetworkSelector.stop, "timeout_ms")
    takes(NetworkSelector.wait_read, "fileobj", "timeout_at")
    takes(NetworkSelector.wait_write, "fileobj", "timeout_at")
    takes(KafkaTCPTransport.__init__, "net", "sock", "host")
    takes(KafkaSSLTransport.__init__, "net", "sock", "host", "configs")
    for transport in (KafkaTCPTransport, KafkaSSLTransport):
        assert callable(transport._sock_recv)
        assert callable(transport.abort)


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_every_request_that_we_send_exists_in_the_versions_that_we_send(api):
    assert api.request.API_KEY == api.response.API_KEY
    for message in (api.request, api.response):
        oldest, newest = message.valid_versions
        assert oldest <= api.oldest <= api.newest <= newest
    for version in range(api.oldest, api.newest + 1):
        assert api.response.flexible_version_q(version) == api.request.flexible_version_q(version)


@pytest.mark.parametrize("api", [api for api in APIS if api.throttled], ids=lambda api: api.name)
def test_answers_start_with_the_throttle_time_where_we_believe_so(api):
    for version in range(api.oldest, api.newest + 1):
        first = api.response._struct.untagged_fields(version)[0]
        assert (first.name, first.type_str) == ("throttle_time_ms", "int32")


@pytest.fixture
def net():
    selector = NetworkSelector(client_id="contract")
    selector.start()
    yield selector
    selector.stop()
    selector.close()


def test_coroutines_run_beside_each_other_on_one_thread_of_their_own(net):
    order = []

    async def sleeper(name, seconds):
        order.append((name, threading.current_thread()))
        await net.sleep(seconds)
        order.append((name, threading.current_thread()))
        return name

    async def both():
        futures = [net.call_soon_with_future(sleeper, *job) for job in (("slow", 0.2), ("quick", 0.01))]
        return [await future for future in futures]

    assert net.run(both) == ["slow", "quick"]
    assert [name for name, _ in order] == ["slow", "quick", "quick", "slow"]
    assert {thread for _, thread in order} == {net.run(threading.current_thread)}
    assert threading.current_thread() not in {thread for _, thread in order}


def test_what_a_coroutine_raises_comes_out_of_its_future(net):
    async def failing():
        raise ValueError("inside")

    done = threading.Event()
    future = net.call_soon_with_future(failing)
    future.add_both(lambda _: done.set())
    assert done.wait(5)
    assert isinstance(future.exception, ValueError)
    assert future.is_done


def test_brokers_that_we_learned_can_be_connected_to_and_asked_with_our_own_requests():
    """One request over a real socket: API versions, our bytes there, the answer's bytes back, and when it was heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    from kafka.protocol.metadata import ApiVersionsResponse

    def serve():
        connection, _ = listener.accept()
        with connection:
            for answer in ("versions", "body"):
                size = struct.unpack(">i", connection.recv(4))[0]
                request = connection.recv(size)
                correlation = struct.unpack_from(">hhi", request)[2]
                kinds = [ApiVersionsResponse.ApiVersion(api_key=k, min_version=0, max_version=12) for k in range(4)]
                body = bytes(ApiVersionsResponse(error_code=0, api_keys=kinds, throttle_time_ms=0).encode(version=4))
                sent = frame(correlation, body, b"") if answer == "versions" else frame(correlation)
                connection.sendall(sent)

    thread = threading.Thread(target=serve)
    thread.start()
    made = client.Client(["127.0.0.1:1"], {})
    try:
        from lagwatch.model.snapshot import Broker

        made.learn((Broker(id=7, host="127.0.0.1", port=listener.getsockname()[1]),))

        async def ask():
            connection = await made.connection(7, 5)
            assert connection.versions[3] == (0, 12)
            at = time.monotonic()
            sent = client.Sent(None, connection.send(Request("Metadata", 3, 9, b"q", flexible=True), 5), at)
            answer = await made.result(connection, sent, 5)
            return bytes(answer.body), connection.last_heard_at - at

        body, heard_s = made.run(ask, 10)
        assert body == BODY
        assert 0 <= heard_s < 5
        assert {"bootstrap-0", 7} == made.addresses().keys()
    finally:
        made.close()
        thread.join()
        listener.close()


def test_metadata_of_brokers_alone_is_enough_for_the_manager():
    broker = MetadataResponse.MetadataResponseBroker(1, "h", 9, None, version=1)
    message = MetadataResponse(version=1, brokers=[broker], controller_id=-1, topics=[])
    node_id, host, port, rack = message.brokers[0]
    assert (node_id, host, port, rack) == (1, "h", 9, None)


def test_a_broker_can_have_a_second_connection_under_another_name():
    made = client.Client(["127.0.0.1:1"], {})
    try:
        from lagwatch.model.snapshot import Broker

        made.learn((Broker(id=7, host="127.0.0.1", port=2),))
        aside = made.aside(7)
        assert aside != 7
        assert made.aside(7) == aside
        found = made._manager.cluster.broker_metadata(aside)
        assert (found.host, found.port) == ("127.0.0.1", 2)
        made.learn((Broker(id=7, host="127.0.0.1", port=3),))
        assert made._manager.cluster.broker_metadata(made.aside(7)).port == 3
    finally:
        made.close()


def test_a_tls_transport_is_made_of_a_plain_socket_and_settings():
    left, right = socket.socketpair()
    with right:
        transport = KafkaSSLTransport(None, left, host="localhost", ssl_check_hostname=False)
        assert isinstance(transport._sock, ssl.SSLSocket)
        transport._sock.close()
