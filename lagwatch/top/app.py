"""The application: what is seen first, and what is opened from there."""

import httpx
from textual.app import App

from lagwatch.top.ask import Ask
from lagwatch.top.overview import Overview


class Top(App[None]):
    """Shows what `client`, the API of a lagwatch, answers; asks anew every `every_s` seconds. Nothing here changes anything."""

    TITLE = "lagwatch"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, client: httpx.AsyncClient, *, every_s: float = 2.0) -> None:
        super().__init__()
        self._ask = Ask(client)
        self._every_s = every_s

    def on_mount(self) -> None:
        """Begin with the overview."""
        self.push_screen(Overview(self._ask, every_s=self._every_s))
