"""`/docs`: swagger-ui on our OpenAPI, with every file served from here, so that it works where there is no internet."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

_ASSETS = Path(str(files("fastapi_standalone_docs"))) / "static" / "swagger"
_FOR_A_DAY = {"Cache-Control": "max-age=86400"}
_MAY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
_POLICY = {"Content-Security-Policy": f"{_MAY}base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lagwatch API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> says the same.</noscript>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> HTMLResponse:
    """The documentation, to read and to try."""
    return HTMLResponse(_PAGE, headers=_POLICY)


@router.get("/docs/start.js")
async def start() -> Response:
    """What starts swagger-ui: a file of its own, so that the page needs no inline script."""
    return Response(_START, media_type="text/javascript", headers=_FOR_A_DAY)


@router.get("/docs/swagger-ui.css")
async def style() -> FileResponse:
    """The style sheet of swagger-ui."""
    return FileResponse(_ASSETS / "swagger-ui.css", headers=_FOR_A_DAY)


@router.get("/docs/swagger-ui-bundle.js")
async def script() -> FileResponse:
    """The program of swagger-ui."""
    return FileResponse(_ASSETS / "swagger-ui-bundle.js", headers=_FOR_A_DAY)
