"""One group in detail: why it lags, its topics, partitions and members."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static
from textual.worker import Worker

from lagwatch.model.words import printable
from lagwatch.top.ask import Ask, Item, NotAnswered
from lagwatch.top.words import number, seconds, word

_TOPICS = ("Topic", "Lag", "Growth/min", "Time lag", "Worst partition", "Partitions")
_PARTITIONS = ("Partition", "Lag", "Growth/min", "Time lag", "Read by", "Committed offset", "Log end offset")
_MEMBERS = ("Member", "Host", "Partitions", "Lag")
_LONGEST = 32
"""Characters of a name in a table: the numbers beside it fit into a narrow terminal. The group's own is whole."""


class GroupScreen(Screen[None]):
    """A group, asked for again every few seconds."""

    CSS = """
    GroupScreen VerticalScroll > Static { padding: 0 1; height: auto; }
    GroupScreen DataTable { height: auto; max-height: 16; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "app.pop_screen", "Back", key_display="Esc"),
    ]

    def __init__(self, ask: Ask, cluster: str, group: str, *, every_s: float) -> None:
        super().__init__()
        self._ask = ask
        self._cluster = cluster
        self._group = group
        self._every_s = every_s
        self._asking: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Everything on the screen."""
        with VerticalScroll():
            yield Static(id="head")
            yield Static(id="why")
            for name in ("topics", "partitions", "members"):
                yield DataTable[Text](id=name, cursor_type="row", zebra_stripes=True)
        yield Footer()

    def on_mount(self) -> None:
        """Make the tables, and ask from now on."""
        for name, heads in (("topics", _TOPICS), ("partitions", _PARTITIONS), ("members", _MEMBERS)):
            self._table(name).add_columns(*heads)
        self.set_interval(self._every_s, self._again)
        self._again()

    def _again(self) -> None:
        """Ask again, unless an answer is still to come."""
        if self._asking is None or self._asking.is_finished:
            self._asking = self.run_worker(self._look(), exclusive=True)

    async def _look(self) -> None:
        try:
            self._show(await self._ask.group(self._cluster, self._group))
        except NotAnswered as error:
            self.query_one("#why", Static).update(word(str(error), "red"))
        except NoMatches:
            return  # an answer that came while the screen was left

    def _show(self, found: Item) -> None:
        self.query_one("#head", Static).update(_head(self._cluster, found))
        self.query_one("#why", Static).update(_why(found["diagnosis"]))
        self._fill("topics", [_topic(item) for item in found["topics_behind"]])
        self._fill("partitions", [_partition(item) for item in found["partitions_behind"]])
        self._fill("members", [_member(item) for item in found["members_behind"]])

    def _table(self, name: str) -> "DataTable[Text]":
        return self.query_one(f"#{name}", DataTable)

    def _fill(self, name: str, rows: list[list[Text]]) -> None:
        table = self._table(name)
        at = table.cursor_row
        table.clear()
        table.add_rows(rows)
        table.move_cursor(row=min(at, max(len(rows) - 1, 0)), animate=False)


def _head(cluster: str, found: Item) -> Text:
    head = word(found["name"] or "(empty name)", "bold").append(f" · {printable(cluster)} · ", "not bold")
    head.append_text(word(found["state"])).append(" · lag ")
    head.append_text(number(found["lag"], at_least=bool(found["unknown_partitions"])))
    head.append(" · growth ").append_text(number(found["growth_per_minute"], "+,.0f")).append("/min")
    return head


def _why(diagnosis: Item | None) -> Text:
    """The sentence, then every finding with what to do."""
    if diagnosis is None:
        return Text("")
    text = Text().append(printable(diagnosis["sentence"]), "bold yellow" if diagnosis["findings"] else "green")
    for finding in diagnosis["findings"]:
        text.append(f"\n{finding['certainty']:4.0%} {finding['cause'].replace('_', ' ')}: ", "bold")
        text.append(printable(finding["sentence"]))
        if finding["next_step"]:
            text.append(f"\n     Next: {printable(finding['next_step'])}", "dim")
    return text.append("\n")


def _lag_s(item: Item) -> Text:
    return seconds(item.get("time_lag_s"), at_least=bool(item.get("time_lag_is_lower_bound")))


def _topic(item: Item) -> list[Text]:
    return [
        word(item["topic"], "bold", most=_LONGEST),
        number(item["lag"], at_least=bool(item["unknown_partitions"])),
        number(item["growth_per_minute"], "+,.0f"),
        _lag_s(item),
        number(item["max_partition_lag"]),
        number(item["partitions"]),
    ]


def _partition(item: Item) -> list[Text]:
    owners = item["owners"]
    readers = None if owners is None else ", ".join(o["client_id"] or o["member_id"] for o in owners) or "nobody"
    return [
        word(f"{item['topic']}/{item['partition']}", most=_LONGEST),
        number(item["lag"]),
        number(item["growth_per_minute"], "+,.0f"),
        _lag_s(item),
        word(readers, most=_LONGEST),
        number(item["committed_offset"]),
        number(item["log_end_offset"]),
    ]


def _member(item: Item) -> list[Text]:
    return [
        word(item["client_id"] or item["instance_id"] or item["member_id"], most=_LONGEST),
        word(item["host"]),
        number(item["partitions"]),
        number(item["lag"], at_least=bool(item["unknown_partitions"])),
    ]
