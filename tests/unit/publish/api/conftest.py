import pytest

from lagwatch.publish.api import create_api
from tests.support import world
from tests.support.asgi import Client


@pytest.fixture(name="api", scope="session")
def _api():
    """The API over both clusters of the test world."""
    return Client(create_api(world.board(), clock=lambda: world.NOW))
