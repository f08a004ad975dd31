"""Certificates for the tests of TLS settings."""

import pytest

from lagwatch.demo.security import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, a broker and a client with their keys, as PEM files."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
