from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from doorward.http.framework import install
from doorward.http.settings import HttpSettings
from doorward.http.stack import wrap
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.logs import set_up
from doorward.infra.telemetry.settings import LogSettings
from doorward.surfaces.rest import documentation

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def app():
    inner = FastAPI(title="Test <house>", docs_url=None, redoc_url=None)
    install(inner)

    @inner.get("/v1/things", tags=["things"], summary="List every thing")
    async def things() -> list[str]:
        return []

    inner.router.routes.extend(documentation.routes(title="Test <house>"))
    descriptor = os.open(os.devnull, os.O_WRONLY)
    logs = set_up(LogSettings(level="ERROR", format="json"), descriptor=descriptor)
    os.close(descriptor)
    yield wrap(inner, HttpSettings(), public_url="http://house", counters=RequestCounters(), logs=logs)
    logs.close()


@pytest.fixture
async def client(app) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://house") as opened:
        yield opened


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_pages_load_nothing_from_elsewhere_and_hold_no_script(client, path):
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "https://" not in answer.text
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
    assert "Test &lt;house&gt;" in answer.text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        file = await client.get(address)
        assert file.status_code == 200, address
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-type"].partition(";")[0] in {"text/javascript", "text/css", "image/svg+xml"}


async def test_files_without_their_version_are_asked_about_again(client):
    answer = await client.get("/static/redoc.standalone.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get("/static/redoc.standalone.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["../documentation.py", "..%2fdocumentation.py", "%2e%2e/documentation.py", "README.md", "", "x.js"]
)
async def test_hands_out_no_other_files(client, name):
    answer = await client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_listed_file_is_there_with_its_license():
    folder = Path(documentation.__file__).parent / "static"
    assert {each.name for each in folder.iterdir()} == {*documentation._KINDS, "README.md"}


@asynccontextmanager
async def serving(app):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        server.install_signal_handlers = lambda: None
        task = asyncio.create_task(server._serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.mark.integration
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_show_the_description_in_a_browser(app, path, scheme):
    from playwright.async_api import async_playwright

    complaints: list[str] = []
    hosts: set[str] = set()
    async with serving(app) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda response: hosts.add(response.url.split("/")[2]))
        await page.goto(address + path)
        await page.get_by_text("/v1/things").first.wait_for(timeout=30_000)
        if folder := os.environ.get("DOORWARD_SCREENSHOTS"):
            await page.screenshot(path=f"{folder}/{path.strip('/')}-{scheme}.png")
        await browser.close()
    assert hosts == {address.removeprefix("http://")}
    # ReDoc looks for its maker's logo, which the policy keeps from it; it then shows none.
    assert [each for each in complaints if "cdn.redoc.ly/redoc/logo" not in each] == []
