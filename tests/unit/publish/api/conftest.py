import pytest

from lagwatch.app.insights import Analyses
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from tests.support import desk as kept
from tests.support import world
from tests.support.asgi import Client

TOKENS = (
    Token("ada", Role.OPERATOR, lambda: "token-of-ada"),
    Token("wall", Role.VIEWER, lambda: "token-of-the-wall"),
)


@pytest.fixture(name="store", scope="session")
def _store():
    """What is kept about the test world; not to be changed."""
    with kept.desk() as store:
        yield store


@pytest.fixture(name="api", scope="session")
def _api(store):
    """The API over both clusters of the test world."""
    app = create_api(
        world.board(),
        clock=lambda: world.NOW,
        gate=Gate(TOKENS),
        desk=store,
        notices=kept.notices(),
        insights=Analyses(),
    )
    return Client(app)


@pytest.fixture(name="notices")
def _notices():
    """Notices of a test that changes something."""
    return kept.notices()


@pytest.fixture(name="desk")
def _desk():
    """A store of its own for a test that changes something."""
    with kept.desk() as store:
        yield store


@pytest.fixture(name="office")
def _office(desk, notices):
    """The API of an operator, over a store that may be changed."""
    app = create_api(world.board(), clock=lambda: world.NOW, gate=Gate(TOKENS), desk=desk, notices=notices)
    return Client(app, headers={"Authorization": "Bearer token-of-ada"})
