"""What a page in Markdown holds that can be tried: code blocks by their language, and the commands of shell blocks."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.asgi import Client


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The words of every command of its shell blocks, up to a pipe; comments are left out."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[: line.index("|")] if "|" in line else line for line in words if line]


def curl(words: list[str], client: Client, names: Mapping[str, str]) -> httpx.Response:
    """
    What the application answers to a `curl` command; words in capitals stand for the `names`.

    It knows -s, -X, -H and -d, which is all that our pages use.
    """
    method, headers, body, url = "", {}, None, ""
    rest = iter(_filled(word, names) for word in words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        else:
            assert word == "-s" or word.startswith("http://127.0.0.1:8484/"), word
            url = word
    path = url.removeprefix("http://127.0.0.1:8484")
    return client.request(method or ("GET" if body is None else "POST"), path, headers=headers, content=body)


def _filled(word: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\b[A-Z]{2,}(?:_[A-Z]+)?\b", lambda found: names.get(found[0], found[0]), word)
