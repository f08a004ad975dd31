"""Questions to the REST API of a lagwatch, and the answers as its JSON."""

from typing import Any
from urllib.parse import quote

import httpx

from lagwatch.errors import LagwatchError

MOST = 200
"""So many rows of a list are asked for: more than a terminal shows."""

Item = dict[str, Any]


class NotAnswered(LagwatchError):
    """The lagwatch that was asked gave no answer, or a problem instead of one."""


class Ask:
    """What a screen needs to know; every method raises NotAnswered with a sentence for people."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def clusters(self) -> list[Item]:
        """All clusters in numbers."""
        return await self._items("clusters", limit=1000)

    async def groups(self, cluster: str, *, sort: str, name: str = "") -> list[Item]:
        """The first groups of a cluster in this order; `name` is a pattern, "" for all."""
        return await self._items(_path("clusters", cluster, "groups"), sort=sort, **({"name": name} if name else {}))

    async def alerts(self) -> list[Item]:
        """The most urgent alerts of all clusters; those that are resolved are left out."""
        return await self._items("alerts", state=["firing", "pending", "unknown"])

    async def group(self, cluster: str, group: str) -> Item:
        """One group, with its `diagnosis` (None where there is none), `topics`, `partitions` and `members`."""
        path = _path("clusters", cluster, "groups", group)
        found = await self._json(path)
        diagnosis = await self._json(f"{path}/diagnosis", missing=True)
        lists = {name: await self._items(f"{path}/{name}", sort="-lag") for name in ("topics", "partitions", "members")}
        return {**found, "diagnosis": diagnosis, **{f"{name}_behind": items for name, items in lists.items()}}

    async def _items(self, path: str, **query: Any) -> list[Item]:
        answer = await self._json(path, **{"limit": MOST, **query})
        if not isinstance(answer.get("items"), list):
            raise NotAnswered(f"{self._client.base_url} answers {path} with no list; is a lagwatch there?")
        return list(answer["items"])

    async def _json(self, path: str, *, missing: bool = False, **query: Any) -> Any:
        """The body of an answer; with `missing`, None if there is nothing there."""
        try:
            response = await self._client.get(f"/api/v1/{path}", params=query)
        except httpx.HTTPError as error:
            raise NotAnswered(
                f"{self._client.base_url} does not answer: {str(error) or type(error).__name__}"
            ) from error
        if response.status_code in (404, 503) and missing:
            return None
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success and isinstance(body, dict):
            return body
        said = body.get("detail") if isinstance(body, dict) else None
        raise NotAnswered(str(said or f"{response.url}: HTTP {response.status_code}; is a lagwatch there?"))


def _path(*names: str) -> str:
    return "/".join(quote(name, safe="") for name in names)
