"""Certificates for the tests that speak TLS."""

import pytest

from lagwatch.demo.security import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))
