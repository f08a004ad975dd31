"""A real Kafka cluster on this computer, from its jars: for the demo, the tests and the benchmarks."""

import base64
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from lagwatch.demo import programs
from lagwatch.demo.jars import jars
from lagwatch.demo.leash import Leash
from lagwatch.demo.node import Node, free_ports
from lagwatch.demo.programs import Progress, silent
from lagwatch.demo.security import LISTENERS, Certificates, Security, make_certificates
from lagwatch.demo.settings import LOG4J, node_settings, properties
from lagwatch.demo.tools import run_class
from lagwatch.errors import DemoError

_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true")
"""Cheap to start rather than fast for hours: a demo or a test cluster lives for minutes."""


class KafkaCluster:
    """
    KRaft nodes on free ports of 127.0.0.1, each broker and controller, numbered from 1. A context manager.

    >>> with KafkaCluster(nodes=3) as cluster:
    ...     print(cluster.bootstrap)
    ...     cluster.node(2).kill()

    nodes      how many
    directory  where data, configuration and logs live; kept. Without one a temporary directory, removed at the end
               unless something failed: then its logs stay, and the error or `directory` names the place.
    security   adds secured listeners (`listener("SASL_SSL")` is their bootstrap); `bootstrap` is always plain.
    settings   broker settings over the small defaults
    heap_mb    largest Java heap of each node
    start_s    how long a node may take to start; thousands of partitions on the disk need more than the default
    progress   told each slow step

    Nothing of it outlives this process, however that ends. Errors are DemoError.
    """

    def __init__(
        self,
        nodes: int = 3,
        directory: Path | None = None,
        *,
        security: Security | None = None,
        settings: Mapping[str, str] | None = None,
        heap_mb: int = 400,
        start_s: float = 60,
        progress: Progress = silent,
    ) -> None:
        self._count = nodes
        self._temporary = directory is None
        self._given = directory
        self._security = security
        self._settings = dict(settings or {})
        self._heap_mb = heap_mb
        self._start_s = start_s
        self._progress = progress
        self._nodes: tuple[Node, ...] = ()
        self._ports: dict[str, tuple[int, ...]] = {}
        self._leash: Leash | None = None
        self._directory = Path()
        self.certificates: Certificates | None = None
        """PEM files of the secured listeners, when there are any."""

    @property
    def bootstrap(self) -> str:
        """Addresses of the plain listener, `host:port,host:port,...`."""
        return self.listener("PLAINTEXT")

    @property
    def directory(self) -> Path:
        """Where the configuration, logs (`node-1.log`, ...) and data (`node-1/`, ...) of the last start are."""
        return self._directory

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, running or not, in the order of their numbers."""
        return self._nodes

    def listener(self, name: str) -> str:
        """Addresses of the listener `name`: PLAINTEXT, or one of security.LISTENERS."""
        if name not in self._ports:
            raise DemoError(
                f"This cluster has no listener {name}; it has {', '.join(self._ports) or 'none: not started'}."
            )
        return ",".join(f"127.0.0.1:{port}" for port in self._ports[name])

    def node(self, number: int) -> Node:
        """The node with this number (1 to `nodes`), which is also its broker id."""
        return self._nodes[number - 1]

    def start(self) -> None:
        """Fetch what is missing, format, start all nodes, wait until they serve."""
        if self._leash is not None:
            raise DemoError("This Kafka cluster runs already.")
        java, classpath = programs.java(self._progress), f"{jars(self._progress)}/*"
        directory = (self._given or Path(tempfile.mkdtemp(prefix="lagwatch-kafka-"))).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        self._leash, self._directory = Leash(), directory
        try:
            configurations = self._configure(directory)
            self._progress(f"Formatting {self._count} Kafka nodes in {directory}")
            self._format([java, *_JVM, "-Xmx128m", "-cp", classpath], configurations)
            self._progress(f"Starting {self._count} Kafka nodes")
            heap = (f"-Xms{min(256, self._heap_mb)}m", f"-Xmx{self._heap_mb}m")
            logging = f"-Dlog4j2.configurationFile={directory / 'log4j2.properties'}"
            command = [java, *_JVM, *heap, logging, "-cp", classpath, "kafka.Kafka"]
            self._nodes = tuple(
                Node(number, [*command, str(configuration)], configuration.with_suffix(".log"), self._leash)
                for number, configuration in enumerate(configurations, start=1)
            )
            for node in self._nodes:
                node.launch()
            for node in self._nodes:
                node.wait_ready(self._start_s)
        except BaseException as error:
            self._close(keep_logs=isinstance(error, Exception))  # Ctrl-C is no failure
            raise
        self._progress(f"Kafka is up at {self.bootstrap}")

    def stop(self, *, keep_logs: bool = False) -> None:
        """
        End all nodes; a second call does nothing.

        A temporary cluster is killed, since nobody will read its data again; `keep_logs` leaves the nodes' logs and
        configuration in `directory`. A cluster in a directory of its own stops in order, all nodes together.
        """
        if self._leash is None:
            return
        self._progress("Stopping Kafka")
        if not self._temporary:
            for node in self._nodes:
                node.terminate()
            for node in self._nodes:
                node.stop()
        self._close(keep_logs=keep_logs)

    def tool(self, class_name: str, *arguments: str, timeout_s: float = 60) -> str:
        """
        What an Apache tool prints about this cluster: `tool("org.apache.kafka.tools.TopicCommand", "--list")`.

        `--bootstrap-server` is added. Raises DemoError with the tool's output when it fails.
        """
        return run_class(class_name, "--bootstrap-server", self.bootstrap, *arguments, timeout_s=timeout_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(keep_logs=isinstance(error, Exception))

    def _close(self, *, keep_logs: bool) -> None:
        assert self._leash is not None
        for node in self._nodes:
            node.kill()
        if self._temporary:
            for scratch in _data_directories(self._directory, self._count) if keep_logs else [self._directory]:
                self._leash.scratch(scratch)
        self._leash.close()
        self._leash = None

    def _configure(self, directory: Path) -> list[Path]:
        """Write every node's configuration; the files' paths."""
        assert self._leash is not None
        names = ["CONTROLLER", "PLAINTEXT", *(LISTENERS if self._security else ())]
        ports = free_ports(len(names) * self._count)
        self._ports = {name: ports[index :: len(names)] for index, name in enumerate(names)}
        overrides = dict(self._settings)
        if self._security is not None:
            self.certificates = make_certificates(directory / "certificates")
            overrides = {**self._security.settings(self.certificates), **overrides}
        (directory / "log4j2.properties").write_text(LOG4J, encoding="utf-8")
        written = []
        for number, data in enumerate(_data_directories(directory, self._count), start=1):
            if self._temporary:
                self._leash.scratch(data)  # also when we crash; the logs stay
            path = directory / f"node-{number}.properties"
            path.write_text(properties(node_settings(number, self._ports, str(data), overrides)), encoding="utf-8")
            path.chmod(0o600)  # it may hold passwords
            written.append(path)
        return written

    def _format(self, java: list[str], configurations: list[Path]) -> None:
        """Give every data directory its identity, all at once; those that have one keep it."""
        identity = self._directory / "cluster-id"
        if not identity.exists():
            identity.write_text(_cluster_id(), encoding="ascii")
        scram = self._security.format_arguments() if self._security else []
        arguments = ["-t", identity.read_text(encoding="ascii"), "--ignore-formatted", *scram]
        assert self._leash is not None
        started = []
        for configuration in configurations:
            output = configuration.with_suffix(".format.log")
            command = [*java, "kafka.tools.StorageTool", "format", "-c", str(configuration), *arguments]
            with output.open("wb") as sink:
                started.append((self._leash.spawn(command, output=sink), output))
        for process, output in started:
            code = process.wait()
            self._leash.release(process)
            if code != 0:
                said = output.read_text(encoding="utf-8", errors="replace").strip()
                raise DemoError(f"Formatting a Kafka node ended with {code}, see {output}.\n{said[-3000:]}")


def _cluster_id() -> str:
    """A random UUID in Kafka's own spelling; none that begins with "-", which its tools take for an option (as Kafka does)."""
    while (spelled := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return spelled


def _data_directories(directory: Path, nodes: int) -> list[Path]:
    return [directory / f"node-{number}" for number in range(1, nodes + 1)]
