"""Who comes and goes in a group: members that vanish and come back, and rebalances that no poll saw. Bounded. Pure."""

from collections import deque
from collections.abc import Mapping

from lagwatch.model.snapshot import Group, Member, Snapshot
from lagwatch.model.turnover import Return

REMEMBERED_S = 900.0
"""Who has been gone for longer than this is new when it comes again; returns are told for so long."""

MOST = 100
"""So many returns and so many of those that are gone are remembered of a group."""

_Identity = tuple[str, str]


class Turnover:
    """The members of each group at the last poll that described it, those that are gone, and those that came back."""

    def __init__(self) -> None:
        self._members: dict[str, tuple[Member, ...]] = {}
        self._gone: dict[str, deque[tuple[float, Member]]] = {}
        self._returns: dict[str, deque[Return]] = {}

    def add(self, snapshot: Snapshot) -> list[str]:
        """Take in the groups of a poll; the names of those of which members came or went."""
        there = {group.name for group in snapshot.groups}
        for memory in (self._members, self._gone, self._returns):
            for name in memory.keys() - there:
                del memory[name]
        changed = [group.name for group in snapshot.groups if self._look(group, snapshot.at)]
        for name in list(self._returns):
            while self._returns[name] and self._returns[name][0].at < snapshot.at - REMEMBERED_S:
                self._returns[name].popleft()
            if not self._returns[name]:
                del self._returns[name]
        return changed

    def returns(self) -> Mapping[str, tuple[Return, ...]]:
        """Who came back in the last quarter of an hour, by group, in order."""
        return {name: tuple(found) for name, found in self._returns.items()}

    def _look(self, group: Group, at: float) -> bool:
        if group.member_count != len(group.members) or not all(member.id for member in group.members):
            return False
        before = self._members.get(group.name)
        if before is group.members:
            return False
        self._members[group.name] = group.members
        if before is None:
            return False
        old, new = {member.id: member for member in before}, {member.id: member for member in group.members}
        left = [member for key, member in old.items() if key not in new]
        came = [member for key, member in new.items() if key not in old]
        changed = _names(before) != _names(group.members)
        if len(old) > 1 and len(left) == len(old):
            return changed  # all of them at once is a restart of the application, and nobody was dropped
        if left:
            self._gone.setdefault(group.name, deque(maxlen=MOST)).extend((at, member) for member in left)
        if came and group.name in self._gone:
            self._match(group.name, came, at)
        return changed

    def _match(self, name: str, came: list[Member], at: float) -> None:
        """Find those that came among those that are gone."""
        waiting: dict[_Identity, list[Member]] = {}
        for since, member in self._gone[name]:
            if since >= at - REMEMBERED_S:
                waiting.setdefault((member.client_id, member.host), []).append(member)
        for member in came:
            found = waiting.get((member.client_id, member.host))
            if found:
                old = next((one for one in found if one.id == member.id), found[0])
                found.remove(old)
                self._returns.setdefault(name, deque(maxlen=MOST)).append(
                    Return(at, member.client_id, member.host, old.id, member.id)
                )
        rest = {id(member) for left in waiting.values() for member in left}
        self._gone[name] = deque(((since, m) for since, m in self._gone[name] if id(m) in rest), maxlen=MOST)
        if not self._gone[name]:
            del self._gone[name]


def _names(members: tuple[Member, ...]) -> set[str]:
    """Members as the group sees them: a static one stays the same one under another id, and nothing is rebalanced (KIP-345)."""
    return {member.instance_id or member.id for member in members}
