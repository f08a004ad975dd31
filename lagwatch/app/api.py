"""The web application as it is configured: what is served, who is let in, and what they may change."""

from collections.abc import Callable

from fastapi import FastAPI

from lagwatch.app.burrow import setup
from lagwatch.app.insights import Analyses
from lagwatch.config import Settings
from lagwatch.config.settings import WebSettings
from lagwatch.model.alerts import Verdict
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.board import Board
from lagwatch.publish.notices import Notices
from lagwatch.store import Store


def api(
    settings: Settings,
    board: Board,
    *,
    store: Store,
    notices: Notices,
    itself: Callable[[], Verdict | None],
    forget: Callable[[str, str, str | None], None],
) -> FastAPI:
    """
    The application; `itself` gives the last verdict about lagwatch itself, `forget` empties the windows of commits of a group (on
    a topic) of a cluster.
    """
    return create_api(
        board,
        gate=gate(settings.web),
        desk=store,
        notices=notices,
        windows=lambda: notices.windows,
        itself=itself,
        insights=Analyses(settings.audit.suppressions(), restore_rate=1e6 * settings.streams.restore_mb_per_s),
        burrow=setup(settings, forget),
        external_url=(settings.web.external_url or "").rstrip("/"),
    )


def gate(web: WebSettings) -> Gate:
    """Who is let in."""
    tokens = tuple(Token(each.name, Role(each.role), each.secret) for each in web.tokens)
    return Gate(tokens, web.read_requires_token)
