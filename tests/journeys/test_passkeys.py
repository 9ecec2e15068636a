"""Passkeys in a real browser with a virtual authenticator: an account without a password, and sign-in without a name."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.make.processes import surroundings

pytestmark = pytest.mark.integration

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOURCE = Path(__file__).parents[2] / "src"

# What a page does, by the browser's own functions and nothing else.
SCRIPT = """
const call = async (method, path, body, token) => {
  const headers = {};
  if (body) headers["content-type"] = "application/json";
  if (token) headers["authorization"] = "Bearer " + token;
  const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
  return {status: answer.status, body: await answer.json()};
};
const make = async options => (await navigator.credentials.create(
  {publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})).toJSON();
const use = async options => (await navigator.credentials.get(
  {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON();
const prompt = pending => pending.prompts.find(each => each.name === "passkey").data;
"""
SIGN_UP = """async email => {
  const pending = (await call("POST", "/v1/sign-up", {email})).body;
  const passkey = await make(prompt(pending));
  return await call("POST", `/v1/sign-in/${pending.attempt}/answers`, {answers: {passkey}});
}"""
SIGN_IN = """async () => {
  const pending = (await call("POST", "/v1/sign-in", {})).body;
  const passkey = await use(prompt(pending));
  return await call("POST", `/v1/sign-in/${pending.attempt}/answers`, {answers: {passkey}});
}"""
ADD = """async token => {
  const options = (await call("POST", "/v1/me/passkeys/options", null, token)).body.options;
  return await call("POST", "/v1/me/passkeys", {credential: await make(options), label: "Key"}, token);
}"""
REMOVE = """async ([id, token]) => {
  const removed = await call("DELETE", `/v1/me/credentials/${id}`, null, token);
  if (PublicKeyCredential.signalAllAcceptedCredentials)
    await PublicKeyCredential.signalAllAcceptedCredentials(removed.body.signal);
  return removed;
}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[str]:
    """A server, and its address by the name that browsers take for a domain."""
    environment = {
        **surroundings(),
        "PYTHONPATH": str(SOURCE),
        # A number, for passkeys belong to the address that is configured.
        "PORT": str(_free_port()),
        "DOORWARD_DATA_DIR": str(folder),
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "doorward",
        "serve",
        env=environment,
        cwd=folder,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert server.stderr is not None
    try:
        async with asyncio.timeout(60):
            said = ""
            while not (found := re.search(r"address +http://127\.0\.0\.1:(\d+)", said)):
                line = (await server.stderr.readline()).decode()
                assert line, said
                said += line
        reading = asyncio.create_task(server.stderr.read())
        yield f"http://localhost:{found.group(1)}"
        server.terminate()
        async with asyncio.timeout(30):
            await server.wait()
            await reading
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def _plug_in(cdp: Any, transport: str, *, verified: bool = True) -> str:
    options = {
        "protocol": "ctap2",
        "transport": transport,
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    return str((await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options}))["authenticatorId"])


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_signs_up_and_in_by_passkey_in_a_browser(tmp_path: Path) -> None:
    from playwright.async_api import Error, async_playwright

    async with _served(tmp_path) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page()
        await page.goto(f"{address}/docs")
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable")
        platform = await _plug_in(cdp, "internal")

        async def run(story: str, given: Any = None) -> dict[str, Any]:
            return dict(await page.evaluate(f"given => {{{SCRIPT} return ({story})(given);}}", given))

        signed_up = await run(SIGN_UP, "ada@example.com")
        assert (signed_up["status"], signed_up["body"]["status"]) == (200, "complete"), signed_up["body"]
        signed_in = await run(SIGN_IN)
        assert signed_in["body"]["user"]["email"] == "ada@example.com"
        # The authenticator counts: each sign-in has to go on from the last.
        again = await run(SIGN_IN)
        assert again["body"]["session"]["methods"] == ["hwk", "user", "mfa"]
        token = again["body"]["access_token"]
        with pytest.raises(Error, match="InvalidStateError"):
            await run(ADD, token)

        held = (await cdp.send("WebAuthn.getCredentials", {"authenticatorId": platform}))["credentials"]
        assert [each["rpId"] for each in held] == ["localhost"]
        await cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": platform})
        key = await _plug_in(cdp, "usb")
        added = await run(ADD, token)
        assert (added["status"], added["body"]["label"]) == (201, "Key"), added
        assert (await run(SIGN_IN))["status"] == 200
        removed = await run(REMOVE, [added["body"]["id"], token])
        assert removed["body"]["signal"]["allAcceptedCredentialIds"] == [
            held[0]["credentialId"].rstrip("=").replace("+", "-").replace("/", "_")
        ]
        if (await cdp.send("WebAuthn.getCredentials", {"authenticatorId": key}))["credentials"]:
            # This browser has no signals: it offers the passkey still, and we take it no more.
            assert (await run(SIGN_IN))["status"] == 401

        # A page under the address of numbers has no domain that a passkey could belong to.
        await page.goto(address.replace("localhost", "127.0.0.1") + "/docs")
        with pytest.raises(Error, match="SecurityError"):
            await run(SIGN_IN)
        await browser.close()
