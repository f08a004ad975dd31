"""lagwatch itself: the service's own parts in the service's order, its web server beside them in the same process."""

import asyncio
import threading
import time

import uvicorn

from benchmarks.shape import Shape
from benchmarks.subjects import Facts, Subject
from lagwatch.app.heap import share_heap
from lagwatch.app.web import address, listen
from lagwatch.collect import Reader, ReaderOptions
from lagwatch.config.rules import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.model.filters import NameFilter
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.service import Service
from lagwatch.model.snapshot import DETAIL_PARTS, UNKNOWN, PartitionTable
from lagwatch.publish.api import create_api
from lagwatch.publish.board import Board

CLUSTER = "benchmark"
DEADLINE_S = 20.0
INTERVAL_S = 30.0


class Lagwatch(Subject):
    """
    A poll is what a monitor's tick does: read, advance with the default rules, render the metrics page.

    Its stages are timed one by one, which a tick does not do; the calls are the same.
    """

    def __init__(self, bootstrap: str, shape: Shape) -> None:
        del shape
        options = ReaderOptions(
            cluster=CLUSTER,
            bootstrap=tuple(bootstrap.split(",")),
            client={},
            deadline_s=DEADLINE_S,
            groups=NameFilter(),
            topics=NameFilter(),
            internal_topics=False,
        )
        share_heap()
        self._reader = Reader(options)
        self._memory = Memory()
        self._started_at = time.time()
        self._rules = default_rules()
        self._board = Board()
        self._requests = 0
        self._server: _Server | None = None

    def poll(self) -> Facts:
        marks = [time.process_time()]
        snapshot = self._reader.read()
        marks.append(time.process_time())
        health = PollHealth(interval_s=INTERVAL_S, deadline_s=DEADLINE_S, last_good_at=snapshot.at)
        service = Service(health=health, started_at=self._started_at)
        view, verdict = advance(self._memory, snapshot, self._rules, snapshot.at, service)
        marks.append(time.process_time())
        latest = Latest(
            cluster=CLUSTER, health=health, rules=self._rules, view=view, verdict=verdict, gaps=snapshot.gaps
        )
        self._board.put(latest)
        marks.append(time.process_time())
        self._requests += sum(snapshot.stats.requests.values())
        # Where the logs were in the past and the slow facts are asked for beside that, and never hold a poll up.
        missing = [gap for gap in snapshot.gaps if gap.part not in ("past_offsets", *DETAIL_PARTS)]
        if missing:
            raise RuntimeError(f"The poll has gaps: {missing}.")
        return Facts(
            partitions=len(snapshot.partitions),
            offsets=_with_all_offsets(snapshot.partitions),
            groups=sum(group.state is not None for group in snapshot.groups),
            commits=len(snapshot.commits),
            members=sum(group.member_count for group in snapshot.groups),
            stages={"read": marks[1] - marks[0], "advance": marks[2] - marks[1], "publish": marks[3] - marks[2]},
        )

    def requests(self) -> int:
        return self._requests

    def serve(self) -> str:
        """Where the metrics page is; the server starts with the first call."""
        if self._server is None:
            self._server = _Server(self._board)
        return self._server.url

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._reader.close()


class _Server:
    """The service's application on a free port, in a thread of its own."""

    def __init__(self, board: Board) -> None:
        listener = listen("127.0.0.1", 0)
        self.url = f"{address(listener)}/metrics"
        config = uvicorn.Config(create_api(board), log_config=None, access_log=False, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[listener])), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


def _with_all_offsets(partitions: PartitionTable) -> int:
    return int(((partitions.start != UNKNOWN) & (partitions.end != UNKNOWN) & (partitions.lso != UNKNOWN)).sum())
