"""What the routes below `/v3` need of whoever built them: the configuration in Burrow's words, and how a group is forgotten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends, Request

Module = Mapping[str, Any]
"""A part of the configuration, with Burrow's keys."""


def _nobody(_cluster: str, _group: str, _topic: str | None) -> None:
    """There are no windows that could be emptied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """
    `main` is what `/v3/config` shows, `modules` the modules of each coordinator by name. `forget` lets the windows of a group (on
    a topic) of a cluster be emptied; it is asked for what is not there, too.
    """

    main: Mapping[str, Module] = field(default_factory=dict)
    modules: Mapping[str, Mapping[str, Module]] = field(default_factory=dict)
    forget: Callable[[str, str, str | None], None] = _nobody


async def _setup(request: Request) -> Setup:
    return cast("Setup", request.app.state.setup)


Configuration = Annotated[Setup, Depends(_setup)]
