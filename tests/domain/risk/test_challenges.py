"""A challenge has to be solved, in time, once; where none is asked for nothing changes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from doorward.domain.risk.challenges import is_solved, new_challenge, purge_challenges, require_challenge
from doorward.domain.risk.problems import ChallengeRequired
from doorward.domain.risk.settings import ChallengeSettings
from doorward.infra.http_client.client import HttpClient
from doorward.infra.http_client.settings import HttpClientSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, system
from doorward.kernel.problem import Unavailable
from tests.make.actors import ORIGIN
from tests.make.application import application_of
from tests.make.people import PASSWORD
from tests.make.tools import changed

pytestmark = pytest.mark.integration


def solve(challenge: str, difficulty: int) -> str:
    nonce = next(str(number) for number in itertools.count() if is_solved(challenge, str(number), difficulty))
    return f"{challenge}.{nonce}"


async def solved(tools: Tools) -> str:
    async with tools.reading(anonymous()) as tx:
        made = new_challenge(tx)
    assert made.challenge is not None
    assert made.difficulty is not None
    return solve(made.challenge, made.difficulty)


async def check(tools: Tools, answer: str | None) -> None:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        await require_challenge(tx, answer)


async def test_nothing_is_asked_for_unless_it_is_turned_on(tools: Tools) -> None:
    async with tools.reading(anonymous()) as tx:
        assert new_challenge(tx).kind == "none"
    await check(tools, None)


async def test_a_solved_puzzle_serves_once(tools: Tools) -> None:
    changed(tools, ChallengeSettings, kind="proof_of_work", difficulty=8)
    answer = await solved(tools)
    await check(tools, answer)
    with pytest.raises(ChallengeRequired):
        await check(tools, answer)


async def test_of_many_at_once_one_uses_it(committing_tools: Tools) -> None:
    changed(committing_tools, ChallengeSettings, kind="proof_of_work", difficulty=8)
    answer = await solved(committing_tools)
    came = await asyncio.gather(*(check(committing_tools, answer) for _ in range(20)), return_exceptions=True)
    assert [type(each) for each in came if each is not None] == [ChallengeRequired] * 19


async def test_refuses_what_is_wrong_too_old_or_not_ours(tools: Tools) -> None:
    changed(tools, ChallengeSettings, kind="proof_of_work", difficulty=12)
    answer = await solved(tools)
    challenge, _, nonce = answer.rpartition(".")
    unsolved = next(f"{challenge}.{number}" for number in range(9) if not is_solved(challenge, str(number), 12))
    # Solved all the same, but made for less work than was asked for: its stamp does not hold.
    forged = solve(challenge[:-2] + "AA", 12)
    for wrong in (
        None,
        "",
        ".",
        challenge,
        unsolved,
        forged,
        nonce,
        f"{answer}é",
        "x" * 9000,
        f"{challenge}.{'0' * 65}",
    ):
        with pytest.raises(ChallengeRequired):
            await check(tools, wrong)
    tools.clock.advance(seconds=301)  # type: ignore[attr-defined]
    with pytest.raises(ChallengeRequired):
        await check(tools, answer)


async def test_forgets_used_ones_when_their_time_is_over(tools: Tools) -> None:
    changed(tools, ChallengeSettings, kind="proof_of_work", difficulty=4)
    answer = await solved(tools)
    await check(tools, answer)
    async with tools.writing(system()) as tx:
        await purge_challenges(tx, {})
    with pytest.raises(ChallengeRequired):
        await check(tools, answer)
    tools.clock.advance(seconds=400)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await purge_challenges(tx, {})
    # Its time is over, so it is refused although nobody remembers it.
    with pytest.raises(ChallengeRequired):
        await check(tools, answer)


async def test_signing_up_takes_one_and_the_answer_says_where_to_get_it(tools: Tools) -> None:
    changed(tools, ChallengeSettings, kind="proof_of_work", difficulty=8)
    body = {"email": "new@example.com", "password": PASSWORD}
    transport = httpx2.ASGITransport(app=application_of(tools))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        refused = await client.post("/v1/sign-up", json=body)
        asked = (await client.get("/v1/challenges")).json()
        answer = solve(asked["challenge"], asked["difficulty"])
        done = await client.post("/v1/sign-up", json=body, headers={"challenge-response": answer})
    assert (refused.status_code, refused.json()["code"]) == (403, "challenge-required")
    assert done.status_code == 201


@asynccontextmanager
async def captcha(tools: Tools, answers: Callable[[bytes], bytes]) -> AsyncIterator[list[bytes]]:
    """A service that checks CAPTCHAs, on this machine; the requests it got."""
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        bodies.append(await reader.readexactly(length))
        body = answers(bodies[-1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/verify"
    section = ChallengeSettings(kind="captcha", captcha_verify_url=url, captcha_secret="key", captcha_site_key="site")  # type: ignore[arg-type]
    changed(tools, ChallengeSettings, **dict(section))
    client = tools.held[HttpClient] = HttpClient(HttpClientSettings(allowed_networks=("127.0.0.0/8",)))
    async with server:
        yield bodies
    await client.close()


async def test_a_captcha_is_checked_where_the_operator_says(tools: Tools) -> None:
    good = b"response=right"
    async with captcha(tools, lambda body: b'{"success": true}' if good in body else b'{"success": false}') as bodies:
        async with tools.reading(anonymous()) as tx:
            assert new_challenge(tx).site_key == "site"
        await check(tools, "right")
        with pytest.raises(ChallengeRequired):
            await check(tools, "wrong")
    assert bodies[0] == b"secret=key&response=right&remoteip=203.0.113.7"


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"success": "true"}', b"not json"])
async def test_a_captcha_service_that_says_nothing_sensible_lets_nobody_through(tools: Tools, answer: bytes) -> None:
    async with captcha(tools, lambda _: answer):
        with pytest.raises((ChallengeRequired, Unavailable)):
            await check(tools, "right")
