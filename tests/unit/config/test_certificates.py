"""Certificate files are tried before any broker is asked."""

import subprocess

import pytest

from tests.support.settings import parse


def problems(**files: object) -> list[str]:
    given = ", ".join(f"{key}: '{file}'" for key, file in files.items())
    _, found = parse(f"bootstrap: a:1\nconnection: {{tls: {{enabled: true, {given}}}}}")
    return [problem.removeprefix("lagwatch.yaml line 2: connection.tls.") for problem in found]


def test_good_files_are_no_problem(certificates):
    assert (
        problems(ca_file=certificates.authority, cert_file=certificates.client, key_file=certificates.client_key) == []
    )
    assert problems(cert_file=certificates.broker, key_file=certificates.broker) == []


def test_what_is_no_certificate_is_said(certificates, tmp_path):
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    assert problems(ca_file=text) == [f"ca_file: {text}: expected a PEM file of certificates"]
    assert problems(cert_file=certificates.client, key_file=text) == [
        f"key_file: {text}: expected PEM files of a certificate and its key, and the key's password if it has one"
    ]


def test_the_key_of_another_certificate_is_said(certificates):
    broker_key = certificates.broker.with_name("broker.key")
    assert problems(cert_file=certificates.client, key_file=broker_key) == [
        f"key_file: {broker_key}: expected the key of the certificate in cert_file"
    ]


@pytest.fixture
def encrypted(certificates, tmp_path):
    key = tmp_path / "encrypted.key"
    command = ["openssl", "rsa", "-aes256", "-in", certificates.client_key, "-out", key, "-passout", "pass:hunter2"]
    subprocess.run(command, check=True, capture_output=True)
    return {"cert_file": certificates.client, "key_file": key}


def test_an_encrypted_key_needs_its_password_and_never_asks_the_terminal(encrypted, tmp_path):
    said = ["expected PEM files of a certificate and its key, and the key's password if it has one"]
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    assert problems(**encrypted, key_password="hunter2") == []
    assert problems(**encrypted, key_password_file=password) == []
    for wrong in ({}, {"key_password": "hunter3"}):
        assert [problem.rpartition(": ")[2] for problem in problems(**encrypted, **wrong)] == said
    password.write_bytes(b"\xff")
    assert [problem.rpartition(": ")[2] for problem in problems(**encrypted, key_password_file=password)] == said


def test_files_that_are_empty_or_unreadable_are_said(tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    assert problems(ca_file=empty) == [f"ca_file: {empty}: expected a readable file (it is empty)"]
    assert problems(ca_file="a\0b") != []
    long = "x" * 5000
    assert problems(ca_file=f"/{long}") == [f"ca_file: /{long[:79]}...: expected a readable file (File name too long)"]
