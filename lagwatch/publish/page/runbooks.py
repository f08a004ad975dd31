"""`/runbooks/`: the pages of docs/runbooks, served from here, so that they can be read at night and where there is no internet."""

import re
from functools import cache
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

from lagwatch.publish.api import problems
from lagwatch.publish.page.html import framed

_PACKAGE = File(__file__).resolve().parents[2]
_PLACES = (_PACKAGE / "runbooks", _PACKAGE.parent / "docs" / "runbooks")
"""The pages in an installed package, and in a checkout."""

INDEX = "README"

router = APIRouter(include_in_schema=False)


@cache
def pages() -> dict[str, str]:
    """The Markdown of every page by its name; that of the list of all is INDEX."""
    place = next((place for place in _PLACES if place.is_dir()), None)
    return {} if place is None else {file.stem: file.read_text("utf-8") for file in sorted(place.glob("*.md"))}


@router.get("/runbooks/")
def runbooks() -> HTMLResponse:
    """The list of all."""
    return runbook(INDEX)


@router.get("/runbooks/{name}")
def runbook(name: Annotated[str, Path()]) -> HTMLResponse:
    """One page; with `.md` at its end, too, so that the links between pages are the same here and in the repository."""
    found = name.removesuffix(".md")
    if found not in pages():
        raise problems.unknown_name("runbook", found, "", pages())
    title, body = _page(found)
    return framed(f"{title} · lagwatch", body, up="../")


@cache
def _page(name: str) -> tuple[str, str]:
    """Title and HTML."""
    text = pages()[name]
    title = re.search(r"^# (.*)$", text, re.MULTILINE)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return (title[1] if title else name), body
