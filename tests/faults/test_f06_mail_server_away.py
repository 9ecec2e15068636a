"""F6: the mail server is slow or down. Requests notice nothing, strangers learn nothing, and each mail arrives once in the end."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from tests.faults.invariants import rows
from tests.make.people import PASSWORD
from tests.make.post import PostOffice, opened_post
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

PEOPLE = 24


async def asked(client: httpx2.AsyncClient, identifiers: Sequence[str]) -> list[float]:
    """Asks for recovery for each in turn; how long each answer took, in seconds."""
    took = []
    for identifier in identifiers:
        begun = time.perf_counter()
        answer = await client.post("/v1/recovery", json={"identifier": identifier})
        took.append(time.perf_counter() - begun)
        assert answer.status_code == 202, answer.text
    return took


async def arrived(post: PostOffice, subject: str, number: int, *, within: float = 60) -> None:
    """Waits until so many letters of a subject arrived."""
    async with asyncio.timeout(within):
        while sum(letter.subject == subject for letter in post.letters) < number:
            await post.arrival()


async def tried(database_url: str, *, within: float = 30) -> None:
    """Waits until the worker has noticed that the server is away."""
    async with asyncio.timeout(within):
        while not await rows(database_url, "SELECT id FROM messages WHERE failure IS NOT NULL"):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)  # the database sends no word of it


async def test_requests_notice_nothing_and_each_mail_arrives_once(own_database_url: str, tmp_path: Path) -> None:
    async with opened_post() as post:
        settings = {
            "DOORWARD_MAIL__HOST": post.host,
            "DOORWARD_MAIL__PORT": str(post.port),
            "DOORWARD_MAIL__SECURITY": "none",
            "DOORWARD_MAIL__FROM_ADDRESS": "no-reply@id.example.com",
            "DOORWARD_MAIL__TIMEOUT_SECONDS": "1",
            "DOORWARD_WORKER__POLL_SECONDS": "0.2",
        }
        known = [f"person{number}@example.com" for number in range(PEOPLE)]
        unknown = [f"nobody{number}@example.com" for number in range(PEOPLE)]
        async with nodes(own_database_url, tmp_path, settings=settings) as [node], node.client() as client:
            for email in known:
                made = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD})
                assert made.status_code == 201, made.text
            await arrived(post, "Confirm your email address", PEOPLE)
            usual = await asked(client, [each for pair in zip(known, unknown, strict=True) for each in pair])
            await arrived(post, "Choose a new password", PEOPLE)

            # A tarpit: it takes the connection and answers nothing for longer than anybody waits.
            post.delay = 30
            slow = await asked(client, [each for pair in zip(known, unknown, strict=True) for each in pair])
            await tried(own_database_url)
            # Down: nobody listens.
            await post.close()
            down = await asked(client, [each for pair in zip(known, unknown, strict=True) for each in pair])
            for times in (slow, down):
                assert max(times) < 1, "a request waited for the mail server"
                assert statistics.median(times) < 1.5 * statistics.median(usual) + 0.005
                # Known and unknown came in turn, so whatever slows the machine down slows both.
                difference = statistics.median(times[::2]) - statistics.median(times[1::2])
                assert abs(difference) < 0.25 * statistics.median(times) + 0.002
            assert sum(letter.subject == "Choose a new password" for letter in post.letters) == PEOPLE

            post.delay = 0
            await post.open()
            await arrived(post, "Choose a new password", 3 * PEOPLE, within=120)
            async with asyncio.timeout(30):
                while await rows(own_database_url, "SELECT id FROM messages WHERE sent_at IS NULL"):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.05)  # the database sends no word of it
            ids = Counter(str(letter.message["message-id"]) for letter in post.letters)
            assert set(ids.values()) == {1}, "each was sent once"
            to = Counter(letter.to for letter in post.letters if letter.subject == "Choose a new password")
            assert to == dict.fromkeys(known, 3)
            assert not await rows(own_database_url, "SELECT id FROM messages WHERE given_up_at IS NOT NULL")
            said = node.log
        assert "mail waits" in said
        for letter in post.letters:
            assert letter.code not in said
            assert letter.token not in said
