"""The first hour with Doorward in a real browser: the printed link, the first administrator, the API page."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.make.people import PASSWORD
from tests.make.processes import surroundings

pytestmark = pytest.mark.integration

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOURCE = Path(__file__).parents[2] / "src"


async def _printed(stream: asyncio.StreamReader, pattern: str) -> re.Match[str]:
    """The first line that matches, of what the server says as it starts."""
    said: list[str] = []
    while line := (await stream.readline()).decode():
        said.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError("".join(said))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_sets_up_and_tries_the_api_in_a_browser(tmp_path: Path) -> None:  # noqa: PLR0915 - one story, told in order
    from playwright.async_api import async_playwright

    environment = {
        **surroundings(),
        "PYTHONPATH": str(SOURCE),
        "PORT": "0",
        "DOORWARD_DATA_DIR": str(tmp_path),
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "doorward",
        "serve",
        env=environment,
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert server.stderr is not None
    try:
        async with asyncio.timeout(60):
            address = (await _printed(server.stderr, r"address +(http\S+)")).group(1)
            link = (await _printed(server.stderr, r"set up +(http\S+)")).group(1)
        reading = asyncio.create_task(server.stderr.read())
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            complaints: list[str] = []
            quiet = await browser.new_context(java_script_enabled=False)
            page = await quiet.new_page()
            await page.goto(link)
            await page.get_by_label("Email address").fill("root@example.com")
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button").click()
            await page.get_by_role("heading", name="Ready").wait_for()
            await page.goto(link)
            assert "not valid" in await page.title()

            page = await browser.new_page(viewport={"width": 1280, "height": 1000})
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(f"{address}/docs")
            operation = page.locator("#operations-Signing_in-sign-in-begin")
            await operation.locator(".opblock-summary-control").click()
            body = f'{{"identifier": "root@example.com", "password": "{PASSWORD}"}}'
            await operation.locator("textarea.body-param__text").fill(body)
            async with page.expect_response(lambda answer: answer.url.endswith("/v1/sign-in")) as answered:
                await operation.get_by_role("button", name="Execute").click()
            answer = await answered.value
            assert answer.status == 200
            token = (await answer.json())["access_token"]

            await page.get_by_role("button", name="Authorize").first.click()
            await page.locator("input[aria-label='auth-bearer-value'], input#auth-bearer-value").first.fill(token)
            await page.locator(".auth-btn-wrapper button.authorize").first.click()
            await page.locator(".modal-ux button.close-modal").click()
            mine = page.locator("#operations-Your_account-me-show")
            await mine.locator(".opblock-summary-control").click()
            async with page.expect_response(lambda each: each.url.endswith("/v1/me")) as shown:
                await mine.get_by_role("button", name="Execute").click()
            assert (await (await shown.value).json())["email"] == "root@example.com"
            assert complaints == []
            await browser.close()
        server.terminate()
        async with asyncio.timeout(30):
            assert await server.wait() == 0
            said = (await reading).decode()
        assert PASSWORD not in said
        assert token not in said
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
