"""The frame of all pages for people: one style, no script, nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from fastapi.responses import HTMLResponse

from lagwatch import __version__

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #c22; --worse: #a0f; --odd: #a60 }
@media (prefers-color-scheme: dark) { :root { --bad: #f77; --worse: #d9f; --odd: #fb5 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: break-word }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem; margin: 0 }
nav a { margin-right: 1rem } a { color: LinkText } small, .unknown { color: GrayText }
div { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td:first-child { max-width: min(36ch, 45vw) } td:last-child:not(.n) { overflow-wrap: anywhere; min-width: 12ch }
th { font-weight: 600 } .n { text-align: right; font-variant-numeric: tabular-nums }
.critical, .stale { color: var(--bad) } .emergency { color: var(--worse) } td.emergency, span.emergency { font-weight: 600 }
.warning, .waiting { color: var(--odd) }
article { border-left: 4px solid; padding: .1rem 0 .1rem .8rem; margin: .8rem 0 } article > * { color: CanvasText }
article h3 > span { font-weight: 400 }
dl { margin: .2rem 0; display: grid; grid-template-columns: fit-content(40%) 1fr; gap: 0 .8rem }
dt, dd { overflow-wrap: anywhere } dt { color: GrayText } dd { margin: 0 }
.far { margin: .3rem 0 0; color: GrayText } .why { font-size: 1.1rem; margin: .8rem 0 }
.banner { border: 2px solid var(--bad); padding: .5rem .8rem; font-size: 1.1rem; margin: 1.5rem 0 }
form { margin: .8rem 0 } input, button { font: inherit; padding: .2rem .5rem }
pre { background: #8882; padding: .6rem; overflow-x: auto } code { font-size: .9em }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
}
_LINKS = {
    "API documentation": "docs",
    "Metrics": "metrics",
    "Clusters as JSON": "api/v1/clusters",
    "Alerts as JSON": "api/v1/alerts",
    "Receivers": "api/v1/receivers",
    "Runbooks": "runbooks/",
    "Readiness": "readyz",
}


REFRESH_S = 30
"""How often a page that shows the present loads itself anew."""


def framed(title: str, body: str, *, up: str = "", refresh_s: int | None = None) -> HTMLResponse:
    """
    A page. `body` is HTML; `up` is the way from the page to where `/` is ("../"), so that it works below any path.
    """
    again = f'<meta http-equiv="refresh" content="{refresh_s}">\n' if refresh_s else ""
    foot = f"<footer><p><small>Loads anew every {refresh_s} seconds.</small></p></footer>\n" if refresh_s else ""
    links = "".join(f'<a href="{up}{address}">{name}</a>' for name, address in _LINKS.items())
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{again}<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1><a href="{up or "./"}">lagwatch</a> <small>{escape(__version__)}</small></h1>
<nav>{links}</nav>
</header>
<main>
{body}</main>
{foot}</body>
</html>
"""
    return HTMLResponse(page, headers=_POLICY)


def linked(address: str, text: str) -> str:
    """A way to another page; both as plain text."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def facts(lines: Iterable[tuple[str, str]]) -> str:
    """Names and what is to be said of them, which is HTML; lines that say nothing are left out."""
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in lines if text)}</dl>\n"


UNKNOWN = '<td class="n unknown">unknown</td>'


def count_cell(value: int | None) -> str:
    """A number, or that it is not known."""
    return UNKNOWN if value is None else f'<td class="n">{value:,}</td>'


def cell(html: str) -> str:
    """A cell of HTML."""
    return f"<td>{html}</td>"


def number_cell(value: float | None, form: str = ",.0f", *, at_least: bool = False) -> str:
    """A number as `form` has it, or that it is not known; `at_least` says that it may be more."""
    return UNKNOWN if value is None else f'<td class="n">{"≥ " if at_least else ""}{value:{form}}</td>'


def text_cell(value: str | None) -> str:
    """A text, or that it is not known."""
    return '<td class="unknown">unknown</td>' if value is None else f"<td>{escape(value)}</td>"


def table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells; a head that begins with # stands over numbers."""
    top = "".join(
        f'<th scope="col" class="n">{head[1:]}</th>' if head.startswith("#") else f'<th scope="col">{head}</th>'
        for head in heads
    )
    body = "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in rows)
    return f"<div><table><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>"
