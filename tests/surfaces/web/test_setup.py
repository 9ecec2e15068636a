"""The page behind the setup link, as a browser without scripts sees it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from html import unescape

import httpx2
import pytest

from doorward.domain.setup.link import new_link
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.application import application_of
from tests.make.people import PASSWORD, make_user, sign_in

pytestmark = pytest.mark.integration


@pytest.fixture
async def client(tools: Tools) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=application_of(tools))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
async def link(tools: Tools) -> str:
    async with tools.writing(operator()) as tx:
        secret = await new_link(tx)
    assert secret is not None
    return secret


def looks_like_a_page(answer: httpx2.Response) -> None:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert not re.findall(r"\bstyle=|\bon[a-z]+=|https?://(?!127)", answer.text.replace(style, ""))


async def test_makes_the_first_administrator(client: httpx2.AsyncClient, link: str) -> None:
    page = await client.get("/setup", params={"link": link})
    assert page.status_code == 200
    looks_like_a_page(page)
    assert f'name="link" value="{link}"' in page.text
    # Mail scanners and previews look; that must not spend it.
    assert (await client.get("/setup", params={"link": link})).status_code == 200
    form = {"link": link, "email": "root@example.com", "name": "Root", "username": "", "password": PASSWORD}
    done = await client.post("/setup", data=form)
    assert done.status_code == 200
    looks_like_a_page(done)
    assert "root@example.com" in done.text
    assert PASSWORD not in done.text
    root = await sign_in(client, "root@example.com")
    assert (await client.get("/v1/users", headers=root.headers)).status_code == 200
    for again in (await client.get("/setup", params={"link": link}), await client.post("/setup", data=form)):
        assert again.status_code == 410
        looks_like_a_page(again)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "no address", "address"),
        ("email", "", "address"),
        ("password", "short", "at least 8"),
        ("password", "", "at least 8"),
        ("username", "root", "reserved"),
        ("name", "a\x07b", "control"),
        ("name", "<script>alert(1)</script>" * 40, "at most"),
    ],
)
async def test_shows_what_is_wrong_beside_the_field_and_keeps_the_rest(
    client: httpx2.AsyncClient, link: str, field: str, value: str, words: str
) -> None:
    good = {"link": link, "email": "root@example.com", "name": 'Ro "<b>ot', "username": "someone", "password": PASSWORD}
    answer = await client.post("/setup", data=good | {field: value})
    assert answer.status_code == 422
    looks_like_a_page(answer)
    assert f'id="{field}-wrong"' in answer.text
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert "<script>alert" not in answer.text
    if field != "name":
        assert 'Ro "<b>ot' in unescape(answer.text)
        assert "<b>ot" not in answer.text
    # The link is still good.
    assert (await client.post("/setup", data=good)).status_code == 200


async def test_tells_a_taken_address(client: httpx2.AsyncClient, tools: Tools, link: str) -> None:
    await make_user(tools, "root@example.com")
    answer = await client.post("/setup", data={"link": link, "email": "root@example.com", "password": PASSWORD})
    assert answer.status_code == 409
    assert 'id="email-wrong"' in answer.text


@pytest.mark.parametrize("secret", ["", "x", "%00", "'\"><script>", "ü"])
async def test_shows_a_closed_door_for_any_other_link(client: httpx2.AsyncClient, link: str, secret: str) -> None:
    for answer in (
        await client.get("/setup", params={"link": secret}),
        await client.post("/setup", data={"link": secret, "email": "root@example.com", "password": PASSWORD}),
        await client.get("/setup"),
        await client.post("/setup"),
    ):
        assert answer.status_code == 410
        looks_like_a_page(answer)
        assert link not in answer.text


async def test_refuses_forms_that_ours_never_sends(client: httpx2.AsyncClient, link: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    many = "&".join(f"f{number}=1" for number in range(50))
    assert (await client.post("/setup", content=many.encode(), headers=form)).status_code == 400
    large = f"link={link}&name={'x' * 40_000}"
    assert (await client.post("/setup", content=large.encode(), headers=form)).status_code == 413
    odd = f"link={link}&email=%ff%fe&password=%00".encode() + b"\xff\xfe"
    assert (await client.post("/setup", content=odd, headers=form)).status_code == 422
