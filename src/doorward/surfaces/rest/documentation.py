"""The pages that show the API's description, `/docs` (Swagger UI) and `/redoc`, and the files they load.

Everything comes from the package and the pages' policy (CSP Level 3) lets nothing else in: no other host, no script
inside a page. Styles inside a page are allowed on these two pages alone, since both programs make their own as they run.
"""

from __future__ import annotations

import hashlib
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from doorward.http.call import call_of
from doorward.kernel.problem import NotFound

_FOLDER: Final = Path(__file__).parent / "static"
_KINDS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
    "show-swagger-ui.js": "text/javascript",
    "show-redoc.js": "text/javascript",
    "documentation.css": "text/css",
    "icon.svg": "image/svg+xml",
    "swagger-ui.LICENSE.txt": "text/plain",
    "swagger-ui.NOTICE.txt": "text/plain",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "redoc.LICENSE.txt": "text/plain",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · {program}</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
{styles}
<link rel="stylesheet" href="{frame}">
</head>
<body>
<header class="frame">
<p class="name"><img src="{icon}" width="24" height="24" alt="">{title}</p>
<nav aria-label="API description">
<a href="/docs"{docs_current}>Try it</a> &nbsp;
<a href="/redoc"{redoc_current}>Read it</a> &nbsp;
<a href="{description}">OpenAPI</a>
</nav>
</header>
<main id="documentation" data-description="{description}">
<p class="needs-script">This page needs JavaScript. The description itself is at <a href="{description}">{description}</a>.</p>
</main>
{scripts}
</body>
</html>
"""


def routes(*, title: str, description_path: str = "/openapi.json") -> list[BaseRoute]:
    """The routes `/docs`, `/redoc` and `/static/{name}`.

    title: what the pages are called. description_path: where the OpenAPI document is.
    """

    async def docs(request: Request) -> Response:
        call_of(request.scope).route = "/docs"
        return _page(
            title=title,
            program="Swagger UI",
            description=description_path,
            styles=("swagger-ui.css",),
            scripts=tuple(
                f'<script src="{_link(name)}"></script>' for name in ("swagger-ui-bundle.js", "show-swagger-ui.js")
            ),
        )

    async def redoc(request: Request) -> Response:
        call_of(request.scope).route = "/redoc"
        return _page(
            title=title,
            program="ReDoc",
            description=description_path,
            styles=(),
            # The module loads redoc.standalone.js by its plain name, which browsers ask about anew each time.
            scripts=(f'<script type="module" src="{_link("show-redoc.js")}"></script>',),
        )

    return [
        Route("/docs", docs, include_in_schema=False),
        Route("/redoc", redoc, include_in_schema=False),
        Route("/static/{name}", static, include_in_schema=False),
    ]


async def static(request: Request) -> Response:
    """One file. Raises NotFound for any name that is not on the list, so that no path can lead elsewhere."""
    call_of(request.scope).route = "/static/{name}"
    name: str = request.path_params["name"]
    kind = _KINDS.get(name)
    if kind is None:
        raise NotFound("There is no such file.")
    version = _version(name)
    tag = f'"{version}"'
    headers = {"cache-control": _FOR_EVER if request.query_params.get("v") == version else _ASK_AGAIN, "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return FileResponse(_FOLDER / name, media_type=kind, headers=headers)


def _page(*, title: str, program: str, description: str, styles: tuple[str, ...], scripts: tuple[str, ...]) -> Response:
    current = ' aria-current="page"'
    text = _PAGE.format(
        title=escape(title),
        program=program,
        icon=_link("icon.svg"),
        frame=_link("documentation.css"),
        styles="\n".join(f'<link rel="stylesheet" href="{_link(name)}">' for name in styles),
        scripts="\n".join(scripts),
        description=escape(description),
        docs_current=current if program == "Swagger UI" else "",
        redoc_current=current if program == "ReDoc" else "",
    )
    return HTMLResponse(text, headers={"content-security-policy": _POLICY, "cache-control": _ASK_AGAIN})


def _link(name: str) -> str:
    """The address of a file with its version, which browsers keep for ever."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:16]
