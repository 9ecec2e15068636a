"""Whether there is such an account cannot be told by the clock, no more than by the answer.

Known and unknown are asked in turns, so what else the machine does meets both alike. A difference counts when it is no
accident (Mann-Whitney, more than four standard deviations) and large enough to be seen across a network.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median
from typing import Any

import httpx2
import pytest

from doorward.domain.methods.password.choose import HashedPassword, store_first
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.infra.crypto.hashing import HashingPool, HashingSettings, PasswordHasher
from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.answers import without_names
from tests.make.application import application_of
from tests.make.authenticator import Authenticator
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

ROUNDS = 30
_LARGE = 0.10
_SURE = 4.0

Ask = Callable[[httpx2.AsyncClient, str], Awaitable[httpx2.Response]]


@pytest.fixture
async def client(committing_tools: Tools) -> AsyncIterator[httpx2.AsyncClient]:
    # At a real cost, for it is what hides everything else.
    settings = HashingSettings()
    committing_tools.hashing.close()
    committing_tools.hashing = HashingPool(settings, PasswordHasher(settings))
    changed(committing_tools, SignUpSettings, hide_existing=True)
    transport = httpx2.ASGITransport(app=application_of(committing_tools), client=("203.0.113.7", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


async def wrong_password(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/v1/sign-in", json={"identifier": email, "password": "not the password"})


async def begin(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/v1/sign-in", json={"identifier": email})


async def answer(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    attempt = (await begin(client, email)).json()["attempt"]
    return await client.post(f"/v1/sign-in/{attempt}/answers", json={"answers": {"password": "not the password"}})


async def sign_up(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/v1/sign-up", json={"email": email, "password": "quite another sentence 7"})


async def sign_up_and_show(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    """Signs up, and answers as far as whoever does not read the mail can."""
    asked = (await sign_up(client, email)).json()
    answers = {"answers": {"email_verification": "00000000"}}
    return await client.post(f"/v1/sign-in/{asked['attempt']}/answers", json=answers)


async def sign_up_by_passkey(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    asked = (await client.post("/v1/sign-up", json={"email": email})).json()
    (options,) = [prompt["data"] for prompt in asked["prompts"]]
    answers = {"answers": {"passkey": Authenticator().create(options)}}
    return await client.post(f"/v1/sign-in/{asked['attempt']}/answers", json=answers)


async def recover(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/v1/recovery", json={"identifier": email})


async def verify(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/v1/email-verifications", json={"email": email})


def deviations(left: list[float], right: list[float]) -> float:
    """How many standard deviations two samples are from having been drawn together (Mann-Whitney U)."""
    ranked = sorted([(value, 0) for value in left] + [(value, 1) for value in right])
    ranks = sum(place for place, (_, which) in enumerate(ranked, 1) if which == 0)
    one, other = len(left), len(right)
    u = ranks - one * (one + 1) / 2
    return abs(u - one * other / 2) / (one * other * (one + other + 1) / 12) ** 0.5


@pytest.mark.parametrize(
    "ask", [wrong_password, begin, answer, sign_up, sign_up_and_show, sign_up_by_passkey, recover, verify]
)
async def test_takes_as_long_and_says_the_same(committing_tools: Tools, client: httpx2.AsyncClient, ask: Ask) -> None:
    if ask in {sign_up_and_show, sign_up_by_passkey}:
        # Anything less shows by what can be signed in to afterwards.
        changed(committing_tools, SignUpSettings, verify_email="required")
        committing_tools.mailer = ConsoleMailer()
    hashed = HashedPassword(await committing_tools.hashing.hash(PASSWORD))
    for number in range(ROUNDS):
        # Each is asked for once: what is counted against an account must not show.
        user = await make_user(committing_tools, f"known{number:03}@example.com", password=None)
        async with committing_tools.writing(operator()) as tx:
            await store_first(tx, user.id, hashed)
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    said: dict[str, list[Any]] = {"known": [], "unknown": []}
    await ask(client, "first@example.com")
    for number in range(ROUNDS):
        for whose in ("known", "unknown") if number % 2 else ("unknown", "known"):
            started = time.perf_counter()
            answered = await ask(client, f"{whose}{number:03}@example.com")
            took[whose].append(time.perf_counter() - started)
            said[whose].append((answered.status_code, without_names(answered.json())))
    assert said["known"] == said["unknown"]
    known, unknown = median(took["known"]), median(took["unknown"])
    sure = deviations(took["known"], took["unknown"])
    assert sure < _SURE or abs(known - unknown) < _LARGE * max(known, unknown), (known, unknown, sure)


def test_the_measure_sees_a_difference_that_is_there() -> None:
    quick, slow = [1.0 + place / 1000 for place in range(ROUNDS)], [1.2 + place / 1000 for place in range(ROUNDS)]
    assert deviations(quick, slow) > _SURE
    assert deviations(quick, [each + 0.0005 for each in quick]) < _SURE
