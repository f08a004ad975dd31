"""One section of TLS and SASL, in the words of both client libraries."""

import pytest

from lagwatch.config.connection import ConnectionSettings
from lagwatch.errors import AuthenticationFailed, ConfigurationError
from tests.support.identity import token
from tests.support.settings import settings


def connection(text: str) -> ConnectionSettings:
    return settings(f"bootstrap: a:1\nconnection: {{{text}}}").clusters[0].connection


def test_without_anything_it_is_plain():
    plain = connection("")
    assert plain.kafka_python() == {"security_protocol": "PLAINTEXT"}
    assert plain.librdkafka() == {"security.protocol": "PLAINTEXT"}


def test_tls_alone_uses_the_authorities_of_the_system():
    tls = connection("tls: {enabled: true}")
    assert tls.kafka_python() == {"security_protocol": "SSL", "ssl_check_hostname": True}
    assert tls.librdkafka() == {"security.protocol": "SSL", "ssl.endpoint.identification.algorithm": "https"}


def test_mutual_tls_names_the_same_files_to_both(certificates):
    ca, cert, key = certificates.authority, certificates.client, certificates.client_key
    tls = connection(
        f"tls: {{enabled: true, ca_file: {ca}, cert_file: {cert}, key_file: {key}, verify_hostname: false, key_password: x}}"
    )
    assert tls.kafka_python() == {
        "security_protocol": "SSL",
        "ssl_check_hostname": False,
        "ssl_cafile": str(ca),
        "ssl_certfile": str(cert),
        "ssl_keyfile": str(key),
        "ssl_password": "x",
    }
    assert tls.librdkafka() == {
        "security.protocol": "SSL",
        "ssl.endpoint.identification.algorithm": "none",
        "ssl.ca.location": str(ca),
        "ssl.certificate.location": str(cert),
        "ssl.key.location": str(key),
        "ssl.key.password": "x",
    }


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize(("tls", "protocol"), [("true", "SASL_SSL"), ("false", "SASL_PLAINTEXT")])
def test_a_user_name_and_a_password(mechanism, tls, protocol):
    found = connection(f"tls: {{enabled: {tls}}}, sasl: {{mechanism: {mechanism}, username: me, password: 'p w'}}")
    mine, theirs = found.kafka_python(), found.librdkafka()
    assert [mine[f"sasl_{key}"] for key in ("mechanism", "plain_username", "plain_password")] == [
        mechanism,
        "me",
        "p w",
    ]
    assert [theirs[f"sasl.{key}"] for key in ("mechanism", "username", "password")] == [mechanism, "me", "p w"]
    assert mine["security_protocol"] == theirs["security.protocol"] == found.protocol == protocol


def test_a_password_file_is_read_when_the_settings_are_asked_for_without_its_line_end(tmp_path):
    file = tmp_path / "password"
    file.write_text("one \r\n")
    found = connection(f"sasl: {{mechanism: PLAIN, username: me, password_file: {file}}}")
    assert found.kafka_python()["sasl_plain_password"] == "one "
    file.write_text("two")
    assert found.librdkafka()["sasl.password"] == "two"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory; check the file and its permissions"),
        (b"\n", "is empty; write it into the file"),
        (b"\xff", "cannot be read: it is not UTF-8 text; check the file and its permissions"),
    ],
)
def test_a_password_file_that_breaks_later_is_said(tmp_path, content, said):
    file = tmp_path / "password"
    file.write_text("secret")
    found = connection(f"sasl: {{mechanism: PLAIN, username: me, password_file: {file}}}")
    file.unlink() if content is None else file.write_bytes(content)
    for words in (found.kafka_python, found.librdkafka):
        with pytest.raises(ConfigurationError) as caught:
            words()
        assert str(caught.value) == f"the secret in {file} {said}"


def test_a_token_is_handed_to_both_libraries():
    given = token(exp=4_000_000_000)
    found = connection(f"sasl: {{mechanism: OAUTHBEARER, token: {given}}}")
    mine, theirs = found.kafka_python(), found.librdkafka()
    assert (mine["sasl_mechanism"], mine["sasl_oauth_token_provider"].token()) == ("OAUTHBEARER", given)
    assert (theirs["sasl.mechanism"], theirs["oauth_cb"]("")) == ("OAUTHBEARER", (given, 4_000_000_000.0))
    assert given not in repr(mine)
    assert given not in repr(theirs)


def test_a_token_file_is_read_for_each_connection(tmp_path):
    file = tmp_path / "token"
    file.write_text("one\n")
    provider = connection(f"sasl: {{mechanism: OAUTHBEARER, token_file: {file}}}").kafka_python()[
        "sasl_oauth_token_provider"
    ]
    assert provider.token() == "one"
    file.write_text("two\n")
    assert provider.token() == "two"


def test_a_token_endpoint_that_cannot_be_asked_is_said_by_the_provider():
    oidc = "oidc: {token_endpoint: 'http://127.0.0.1:1/token', client_id: me, client_secret: hunter2, scope: s, timeout: 1s}"
    found = connection(f"sasl: {{mechanism: OAUTHBEARER, {oidc}}}")
    provider = found.kafka_python()["sasl_oauth_token_provider"]
    with pytest.raises(
        AuthenticationFailed, match=r"the token endpoint http://127\.0\.0\.1:1/token could not be asked"
    ) as caught:
        provider.token()
    assert "hunter2" not in str(caught.value)
