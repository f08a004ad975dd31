"""Commands that are told to people: with the brokers' addresses, quoted for a shell. Pure."""

import shlex
from collections.abc import Iterable

from lagwatch.model.snapshot import Broker


def bootstrap(brokers: Iterable[Broker]) -> str:
    """
    Addresses for a command: of up to three brokers, as they advertise themselves.

    >>> bootstrap([Broker(id=1, host="kafka-1", port=9092), Broker(id=2, host="kafka-2", port=9092)]), bootstrap([])
    ('kafka-1:9092,kafka-2:9092', 'HOST:PORT')
    """
    known = [f"{broker.host}:{broker.port}" for broker in brokers if broker.host][:3]
    return ",".join(known) or "HOST:PORT"


def named(option: str, name: str) -> tuple[str, ...]:
    """
    An option with a name, which must not be taken for an option itself.

    >>> named("--group", "billing"), named("--group", "-billing")
    (('--group', 'billing'), ('--group=-billing',))
    """
    return (f"{option}={name}",) if name.startswith("-") else (option, name)


def command(*words: str) -> str:
    """
    >>> command("kafka-topics.sh", "--topic", "a b")
    "kafka-topics.sh --topic 'a b'"
    """
    return shlex.join(words)
