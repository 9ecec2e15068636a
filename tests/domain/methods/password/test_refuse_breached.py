"""Breached passwords: refused when set, replaced at the next sign-in, and looked up without telling which it was."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import structlog

from doorward.domain.methods.password.choose import hash_new, set_password
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid
from doorward.infra.breach.read import BreachedPasswords
from doorward.infra.breach.write import write_breach_file
from doorward.infra.http_client.client import HttpClient
from doorward.infra.http_client.settings import HttpClientSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import InvalidInput
from tests.make.actors import logged
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

OTHER = "purple lantern over quiet harbor"


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def breach(tools: Tools, tmp_path: Path) -> Callable[..., None]:
    """Makes passwords known from breaches."""

    def known(*passwords: str) -> None:
        source = tmp_path / "list.txt"
        source.write_text("".join(f"{sha1(each)}:7\n" for each in passwords))
        write_breach_file(source, tmp_path / "breached")
        tools.hold(BreachedPasswords).path = tmp_path / "breached"

    return known


async def begin(tools: Tools, password: str = PASSWORD) -> Complete | Pending:
    async with tools.writing(anonymous()) as tx:
        return await begin_sign_in(tx, identifier="ada@example.com", password=password)


async def answer(tools: Tools, attempt: str, **answers: str) -> Complete | Pending:
    async with tools.writing(anonymous()) as tx:
        return await answer_sign_in(tx, attempt=attempt, answers=answers)


@pytest.mark.parametrize("policy", ["balanced", "nist", "composition"])
async def test_refuses_to_set_one_under_every_policy(tools: Tools, breach: Callable[..., None], policy: str) -> None:
    ada = await make_user(tools)
    changed(tools, PasswordSettings, policy=policy)
    breach("Correct Staple Battery 99!")
    with pytest.raises(InvalidInput) as refused:
        async with tools.writing(operator()) as tx:
            await set_password(tx, ada.id, "Correct Staple Battery 99!")
    assert [error.code for error in refused.value.errors] == ["password-breached"]


async def test_warns_where_the_operator_only_wants_to_know(tools: Tools, breach: Callable[..., None]) -> None:
    changed(tools, PasswordSettings, breached="warn")
    breach(PASSWORD)
    ada = await make_user(tools)
    assert isinstance(await begin(tools), Complete)
    assert len(await logged(tools, user_id=ada.id, type_="password.breached")) == 2


async def test_nobody_looks_when_it_is_off(tools: Tools, breach: Callable[..., None]) -> None:
    changed(tools, PasswordSettings, breached="off")
    breach(PASSWORD)
    await make_user(tools)
    assert isinstance(await begin(tools), Complete)
    assert await logged(tools, type_="password.breached") == []


async def test_asks_for_another_at_the_next_sign_in(tools: Tools, breach: Callable[..., None]) -> None:
    ada = await make_user(tools)
    breach(PASSWORD)
    pending = await begin(tools)
    assert isinstance(pending, Pending)
    assert [(prompt.name, prompt.kind) for prompt in pending.prompts] == [("new_password", "secret")]
    for refused in (PASSWORD, "short"):
        with pytest.raises(InvalidInput) as problem:
            await answer(tools, pending.attempt, new_password=refused)
        assert problem.value.errors[0].pointer == "/answers/new_password"
    done = await answer(tools, pending.attempt, new_password=OTHER)
    assert isinstance(done, Complete)
    assert done.session.methods == ["pwd"]
    assert isinstance(await begin(tools, OTHER), Complete)
    assert len(await logged(tools, user_id=ada.id, type_="password.changed")) == 1
    with pytest.raises(AttemptInvalid):
        await answer(tools, pending.attempt, new_password=OTHER + " again")


async def test_the_step_can_neither_be_skipped_nor_taken_with_the_old_password(
    tools: Tools, breach: Callable[..., None]
) -> None:
    await make_user(tools)
    breach(PASSWORD)
    pending = await begin(tools)
    assert isinstance(pending, Pending)
    for answers in ({"password": PASSWORD}, {}, {"method": "new_password"}):
        with pytest.raises(InvalidInput):
            await answer(tools, pending.attempt, **answers)


async def test_a_password_that_was_changed_meanwhile_ends_the_step(tools: Tools, breach: Callable[..., None]) -> None:
    ada = await make_user(tools)
    breach(PASSWORD)
    pending = await begin(tools)
    assert isinstance(pending, Pending)
    tools.clock.advance(seconds=1)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        await set_password(tx, ada.id, OTHER)
    with pytest.raises(Exception, match="not right"):
        await answer(tools, pending.attempt, new_password=OTHER + " again")
    assert isinstance(await begin(tools, OTHER), Complete)


@asynccontextmanager
async def range_service(answers: Callable[[str], bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A range service on this machine: its address, and the requests it got."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append(head)
        writer.write(answers(head.split()[1].decode().rpartition("/")[2]))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/range", requests


def listing(*passwords: str, count: int = 3) -> Callable[[str], bytes]:
    def answers(prefix: str) -> bytes:
        lines = [f"{'0' * 35}:0"] + [f"{sha1(each)[5:]}:{count}" for each in passwords if sha1(each)[:5] == prefix]
        body = "\r\n".join(lines).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)

    return answers


async def try_to_set(tools: Tools, url: str, password: str) -> None:
    changed(tools, PasswordSettings, breached_lookup_url=url)
    client = tools.held[HttpClient] = HttpClient(HttpClientSettings(allowed_networks=("127.0.0.0/8",)))
    try:
        async with tools.writing(operator()) as tx:
            await hash_new(tx, password, personal=[])
    finally:
        await client.close()


async def test_the_service_learns_five_digits_and_nothing_else(tools: Tools) -> None:
    async with range_service(listing(OTHER)) as (url, requests):
        with pytest.raises(InvalidInput):
            await try_to_set(tools, url, OTHER)
        await try_to_set(tools, url, PASSWORD)
    assert [each.split()[1].decode() for each in requests] == [
        f"/range/{sha1(OTHER)[:5]}",
        f"/range/{sha1(PASSWORD)[:5]}",
    ]
    head = httpx2.Headers([tuple(line.split(b": ", 1)) for line in requests[0].split(b"\r\n")[1:-2]])  # type: ignore[misc]
    assert head["add-padding"] == "true"
    assert set(head) <= {"host", "add-padding", "user-agent"}


async def test_padding_is_no_hit(tools: Tools) -> None:
    async with range_service(listing(OTHER, count=0)) as (url, _):
        await try_to_set(tools, url, OTHER)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"",
    ],
)
async def test_a_service_that_fails_keeps_nobody_from_choosing(tools: Tools, reply: bytes) -> None:
    async with range_service(lambda _: reply) as (url, _):
        with structlog.testing.capture_logs() as lines:
            await try_to_set(tools, url, OTHER)
    assert [line["log_level"] for line in lines] == ["warning"]


async def test_a_private_address_is_not_asked(tools: Tools) -> None:
    async with range_service(listing(OTHER)) as (url, requests):
        changed(tools, PasswordSettings, breached_lookup_url=url)
        async with tools.writing(operator()) as tx:
            await hash_new(tx, OTHER, personal=[])
        await tools.held[HttpClient].close()
    assert requests == []
