"""The tokens of `web`: who may read and who may change something. What they say about one another is checked here, too."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from lagwatch.config.section import Section, read_secret
from lagwatch.config.values import Name, ReadableFile, Secret
from lagwatch.errors import ConfigurationError


class TokenSettings(Section):
    """One token: whose it is and what it is good for."""

    name: Name = Field(description="Whose it is; silences and the audit log name it.", examples=["ada"])
    role: Literal["viewer", "operator"] = Field(
        "viewer", description="viewer reads; operator also silences, acknowledges and sends again."
    )
    token: Secret | None = Field(
        None, description="What is sent as `Authorization: Bearer ...`.", examples=["change me"]
    )
    token_file: ReadableFile | None = Field(
        None,
        description="File that holds that token; read at every request, so it may be replaced at any time.",
        examples=["/run/secrets/lagwatch-ada"],
    )

    def secret(self) -> str:
        """The token as it is now; ConfigurationError if its file cannot be read (any more)."""
        token = read_secret(self.token, self.token_file)
        if token is None:
            raise ConfigurationError(f"the token {self.name} has no secret; give it a token or a token_file")
        return token


def findings(tree: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where something is wrong between the tokens, and what was expected there; `tree` is the whole configuration, unchecked."""
    web = tree.get("web")
    given = web.get("tokens") if isinstance(web, dict) else None
    tokens = [(at, each) for at, each in enumerate(given if isinstance(given, list) else ()) if isinstance(each, dict)]
    names: dict[str, int] = {}
    secrets: dict[str, int] = {}
    for at, token in tokens:
        path = ("web", "tokens", at)
        if {"token", "token_file"} <= token.keys():
            yield (*path, "token_file"), "expected either token or token_file, not both"
        if not token.keys() & {"token", "token_file"}:
            yield (*path, "token"), "missing, expected it or token_file"
        for key, seen in (("name", names), ("token", secrets)):
            value = token.get(key)
            if isinstance(value, str) and seen.setdefault(value, at) != at:
                yield (*path, key), f"expected one of its own (web.tokens[{seen[value]}] has the same)"
    if isinstance(web, dict) and _on(web.get("read_requires_token")) and not tokens:
        yield ("web", "tokens"), "missing, expected at least one beside read_requires_token"


def _on(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("true", "yes", "on", "1", "t", "y")
