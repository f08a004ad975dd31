"""What is seen first: clusters in a line each, groups in the order that was asked for, alerts."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.events import Key
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static, TabbedContent, TabPane
from textual.widgets.data_table import RowDoesNotExist
from textual.worker import Worker

from lagwatch.top.ask import MOST, Ask, Item, NotAnswered
from lagwatch.top.detail import GroupScreen
from lagwatch.top.rows import ALERT_HEADS, GROUP_HEADS, alert_cells, cluster_line, group_cells, in_order, name_width
from lagwatch.top.words import word

ORDERS = {
    "lag": ("-lag", "lag"),
    "growth": ("-growth_per_minute", "growth"),
    "time": ("-time_lag_s", "time lag"),
    "deadline": ("loss_in_s", "time until unread records are deleted"),
    "name": ("name", "name"),
}
"""The orders of groups: how the API is asked for each, and what it is called."""

RowName = tuple[str, str]
"""Cluster and group of a row."""


class Overview(Screen[None]):
    """
    Asked for again every `every_s` seconds, while it is in sight. What could not be asked is said in the status line, and what was
    shown before stays.
    """

    CSS = """
    #clusters { height: auto; max-height: 8; padding: 0 1; }
    #status { height: 1; padding: 0 1; color: $text-muted; }
    #status.bad { color: $text-error; }
    #filter { display: none; }
    #filter.asked { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "app.quit", "Quit"),
        Binding("l", "order('lag')", "Lag"),
        Binding("g", "order('growth')", "Growth"),
        Binding("t", "order('time')", "Time lag"),
        Binding("d", "order('deadline')", "Deadline"),
        Binding("n", "order('name')", "Name"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("c", "cluster", "Cluster"),
        Binding("a", "alerts", "Alerts"),
        Binding("p", "pause", "Pause"),
    ]

    def __init__(self, ask: Ask, *, every_s: float) -> None:
        super().__init__()
        self._ask = ask
        self._every_s = every_s
        self._order = "lag"
        self._cluster: str | None = None
        self._clusters: list[Item] = []
        self._paused = False
        self._keys: list[RowName] = []
        self._asking: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Everything on the screen."""
        yield Static(id="clusters")
        yield Static("asking ...", id="status")
        yield Input(placeholder="name of a group: bill*   (Enter: show, Escape: all)", id="filter")
        with TabbedContent(id="tabs"):
            with TabPane("Groups", id="groups-tab"), Vertical():
                yield DataTable[Text](id="groups", cursor_type="row", zebra_stripes=True)
            with TabPane("Alerts", id="alerts-tab"), Vertical():
                yield DataTable[Text](id="alerts", cursor_type="row", zebra_stripes=True)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Make the tables, and ask from now on."""
        self._table("groups").add_columns(*GROUP_HEADS)
        self._table("alerts").add_columns(*ALERT_HEADS)
        self._table("groups").focus()
        self.set_interval(self._every_s, self.again)

    def again(self) -> None:
        """Ask again now, unless paused or out of sight, or while an answer is still to come."""
        if not self._paused and self.is_current and (self._asking is None or self._asking.is_finished):
            self._asked_anew()

    async def _look(self) -> None:
        try:
            self._clusters = await self._ask.clusters()
            if self._cluster not in [item["name"] for item in self._clusters]:
                self._cluster = None
            self._show_clusters()
            await self._show_groups()
            await self._show_alerts()
        except NotAnswered as error:
            self._say(str(error), bad=True)
        except NoMatches:
            return  # an answer that came while the terminal was given back

    def _show_clusters(self) -> None:
        lines = [cluster_line(item, chosen=item["name"] == self._cluster) for item in self._clusters]
        self.query_one("#clusters", Static).update(Text("\n").join(lines))

    async def _show_groups(self) -> None:
        sort, said = ORDERS[self._order]
        pattern = self.query_one("#filter", Input).value.strip()
        items: list[Item] = []
        total = 0
        for cluster in self._watched():
            found = await self._ask.groups(cluster, sort=sort, name=pattern)
            total += len(found)
            items += [{**item, "cluster": cluster} for item in found]
        items = in_order(items, sort)[:MOST]
        width = name_width(self.app.size.width)
        self._fill("groups", [group_cells(item, width) for item in items], [(i["cluster"], i["name"]) for i in items])
        self._keys = [(item["cluster"], item["name"]) for item in items]
        what = f"groups that match {pattern}" if pattern else "groups"
        self._say(f"{total:,} {what} of {self._cluster or 'all clusters'}, by {said}")

    def _watched(self) -> list[str]:
        """The clusters whose groups are shown: those of which something is known."""
        return [
            item["name"]
            for item in self._clusters
            if item["state"] != "waiting" and self._cluster in (None, item["name"])
        ]

    async def _show_alerts(self) -> None:
        items = [item for item in await self._ask.alerts() if self._cluster in (None, item["cluster"])]
        self._fill("alerts", [alert_cells(item) for item in items], [(item["id"], "") for item in items])
        firing = sum(item["state"] == "firing" for item in items)
        self.query_one("#tabs", TabbedContent).get_tab("alerts-tab").label = Text(f"Alerts ({firing} firing)")

    def _fill(self, name: str, rows: list[list[Text]], keys: list[RowName]) -> None:
        """Put rows into a table; the cursor stays with its row, wherever that is now."""
        table = self._table(name)
        at = table.cursor_row
        held = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value if table.row_count else None
        table.clear()
        for key, row in zip(keys, rows, strict=True):
            table.add_row(*row, key=repr(key))
        try:
            at = table.get_row_index(held) if held is not None else 0
        except RowDoesNotExist:
            at = min(at, max(len(rows) - 1, 0))
        table.move_cursor(row=at, animate=False)

    def _table(self, name: str) -> "DataTable[Text]":
        return self.query_one(f"#{name}", DataTable)

    def _say(self, text: str, *, bad: bool = False) -> None:
        status = self.query_one("#status", Static)
        status.set_class(bad, "bad")
        status.update(word(f"{'paused · ' if self._paused else ''}{text}"))

    def action_order(self, order: str) -> None:
        """Sort groups by this."""
        self._order = order
        self.query_one("#tabs", TabbedContent).active = "groups-tab"
        self._asked_anew()

    def action_filter(self) -> None:
        """Ask for a pattern."""
        field = self.query_one("#filter", Input)
        field.add_class("asked")
        field.focus()

    def action_cluster(self) -> None:
        """Show the next cluster alone; after the last one all of them."""
        names = [None, *(item["name"] for item in self._clusters)]
        self._cluster = names[(names.index(self._cluster) + 1) % len(names)]
        self._asked_anew()

    def action_alerts(self) -> None:
        """To the alerts, and back."""
        tabs = self.query_one("#tabs", TabbedContent)
        tabs.active = "groups-tab" if tabs.active == "alerts-tab" else "alerts-tab"
        self._table(tabs.active.removesuffix("-tab")).focus()

    def action_pause(self) -> None:
        """Stop asking, or go on."""
        self._paused = not self._paused
        self._say("press p to go on" if self._paused else "asking ...")
        self.again()

    def _asked_anew(self) -> None:
        """Ask now, paused or not; a question that is under way is given up for it."""
        self._asking = self.run_worker(self._look(), exclusive=True, group="look")

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """The pattern is complete."""
        field = self.query_one("#filter", Input)
        field.set_class(bool(field.value.strip()), "asked")
        self._table("groups").focus()
        self._asked_anew()

    def on_key(self, event: Key) -> None:
        """Escape in the filter shows all groups again."""
        field = self.query_one("#filter", Input)
        if event.key == "escape" and self.focused is field:
            field.value = ""
            self.on_input_submitted(Input.Submitted(field, ""))

    def on_screen_resume(self) -> None:
        """In sight again."""
        self.again()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter on a group shows it in detail."""
        if event.data_table.id == "groups" and event.cursor_row < len(self._keys):
            cluster, group = self._keys[event.cursor_row]
            self.app.push_screen(GroupScreen(self._ask, cluster, group, every_s=self._every_s))
