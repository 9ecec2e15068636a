"""The page behind the setup link: a form that makes the first administrator. Looking at it spends nothing; sending does."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from doorward.domain.access.settings import TokensSettings
from doorward.domain.setup.first_administrator import set_up
from doorward.domain.setup.link import check_link
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.http.call import call_of
from doorward.http.problems import MalformedRequest, TooLarge
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous
from doorward.kernel.problem import Problem

_FOLDER: Final = Path(__file__).parent / "templates"
_FIELDS: Final = {"/email": "email", "/password": "password", "/name": "name", "/username": "username"}
_LONGEST_FORM: Final = 16 * 1024


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)


@cache
def _style() -> str:
    return (_FOLDER / "page.css").read_text(encoding="utf-8")


def _policy() -> str:
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def routes(tools: Tools) -> list[BaseRoute]:
    """The routes of setting up."""

    async def show(request: Request) -> Response:
        call_of(request.scope).route = "/setup"
        secret = request.query_params.get("link", "")
        try:
            async with tools.reading(anonymous()) as tx:
                await check_link(tx, secret)
        except SetupLinkInvalid as problem:
            return _page("closed.html", status=410, problem=problem)
        return _page("setup.html", link=secret, values={}, errors={}, problem=None)

    async def send(request: Request) -> Response:
        call = call_of(request.scope)
        call.route = "/setup"
        form = _read_form(await request.body())
        try:
            async with tools.writing(anonymous(call.origin)) as tx:
                user = await set_up(
                    tx,
                    secret=form.get("link", ""),
                    email=form.get("email", ""),
                    password=form.get("password", ""),
                    name=form.get("name") or None,
                    username=form.get("username") or None,
                )
        except SetupLinkInvalid as problem:
            return _page("closed.html", status=410, problem=problem)
        except Problem as problem:
            errors = {_FIELDS.get(error.pointer, ""): error.detail for error in problem.errors}
            values = {name: form.get(name, "") for name in ("email", "name", "username")}
            return _page(
                "setup.html",
                status=problem.kind.status,
                link=form.get("link", ""),
                values=values,
                errors=errors,
                problem=None if errors.keys() - {""} else problem,
            )
        return _page("done.html", user=user, issuer=tools.section(TokensSettings).issuer)

    async def setup(request: Request) -> Response:
        return await (send(request) if request.method == "POST" else show(request))

    # One route, so that `Allow` names every method of the address.
    return [Route("/setup", setup, methods=["GET", "POST"], include_in_schema=False)]


def _read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; of a repeated one the first. Raises MalformedRequest for one that ours never sends."""
    if len(body) > _LONGEST_FORM:
        raise TooLarge(f"Send at most {_LONGEST_FORM} bytes.")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise MalformedRequest("The form has too many fields.") from None
    return {name: values[0] for name, values in fields.items()}


def _page(template: str, *, status: int = 200, **values: Any) -> Response:
    text = _templates().get_template(template).render(style=_style(), **values)
    headers = {
        "content-security-policy": _policy(),
        # The address holds the link's secret.
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=headers)
