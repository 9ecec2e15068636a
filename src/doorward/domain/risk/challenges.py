"""Work or a CAPTCHA asked for before sign-up and recovery, so that doing either by the thousand costs something.

The built-in puzzle needs no third party: find a text whose SHA-256 behind the challenge begins with so many zero bits.
A challenge is stamped and holds its own end, so nothing is stored until it is solved; then only that it was used.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import orjson

from doorward.domain.risk import store
from doorward.domain.risk.problems import ChallengeRequired
from doorward.domain.risk.settings import ChallengeSettings
from doorward.infra.crypto.tokens import Purpose
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.http_client.client import CallFailed, client_of
from doorward.infra.outbox.record import Job
from doorward.kernel.problem import Unavailable

JOB: Final = "challenges.purge"
_PURPOSE: Final = Purpose("challenge", "pw")
# Twelve random bytes, when it ends in seconds since 1970, and its difficulty.
_FORM: Final = struct.Struct(">12sQB")
_LONGEST_ANSWER: Final = 8192
_LONGEST_NONCE: Final = 64
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is asked for. challenge, difficulty and expires_at: of the puzzle. site_key: what a CAPTCHA's script needs."""

    kind: Literal["none", "proof-of-work", "captcha"]
    challenge: str | None = None
    difficulty: int | None = None
    expires_at: datetime | None = None
    site_key: str | None = None


def new_challenge(tx: Tx) -> Challenge:
    """A challenge to solve, or the news that none is asked for."""
    settings = tx.section(ChallengeSettings)
    if settings.kind == "off":
        return Challenge("none")
    if settings.kind == "captcha":
        return Challenge("captcha", site_key=settings.captcha_site_key)
    ends = int((tx.now + timedelta(seconds=settings.seconds)).timestamp())
    payload = _FORM.pack(secrets.token_bytes(12), ends, settings.difficulty)
    return Challenge(
        "proof-of-work",
        challenge=tx.tools.stamper.stamp(_PURPOSE, payload),
        difficulty=settings.difficulty,
        expires_at=datetime.fromtimestamp(ends, UTC),
    )


async def require_challenge(tx: Tx, answer: str | None) -> None:
    """Goes on only with a good answer to a challenge, where one is asked for; each serves once.

    answer: of the puzzle, the challenge, a dot and the text that was found; of a CAPTCHA, what its script gave. Before the
    first change of the transaction. Raises ChallengeRequired, or Unavailable while the CAPTCHA's service is away.
    """
    settings = tx.section(ChallengeSettings)
    if settings.kind == "off":
        return
    if answer is None or len(answer) > _LONGEST_ANSWER:
        raise ChallengeRequired
    if settings.kind == "captcha":
        await _ask_captcha(tx, settings, answer)
    else:
        await _check_work(tx, answer)


def is_solved(challenge: str, nonce: str, difficulty: int) -> bool:
    """Whether SHA-256 over challenge, dot and nonce begins with so many zero bits."""
    digest = hashlib.sha256(f"{challenge}.{nonce}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - difficulty) == 0


async def purge_challenges(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets used challenges whose time is over. A scheduled job."""
    if await tx.db.run(store.FORGET_CHALLENGES, before=tx.now - timedelta(minutes=1), most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))


async def _check_work(tx: Tx, answer: str) -> None:
    challenge, _, nonce = answer.rpartition(".")
    payload = tx.tools.stamper.unstamp(_PURPOSE, challenge)
    if payload is None or len(payload) != _FORM.size or len(nonce) > _LONGEST_NONCE or not nonce.isascii():
        raise ChallengeRequired
    random, ends, difficulty = _FORM.unpack(payload)
    # Made harder meanwhile, an easier one counts until it ends: it was fair when it was given.
    if ends <= tx.now.timestamp() or not is_solved(challenge, nonce, difficulty):
        raise ChallengeRequired
    async with tx.tools.writing(tx.actor) as spending:
        fresh = await spending.db.run(
            store.SPEND_CHALLENGE, random=random, expires_at=datetime.fromtimestamp(ends, UTC)
        )
    if not fresh:
        raise ChallengeRequired


async def _ask_captcha(tx: Tx, settings: ChallengeSettings, answer: str) -> None:
    if settings.captcha_verify_url is None or settings.captcha_secret is None:
        raise Unavailable("The check of the CAPTCHA is not set up. Tell the operator.")
    form = {"secret": settings.captcha_secret.get_secret_value(), "response": answer}
    if tx.actor.origin.address is not None:
        form["remoteip"] = tx.actor.origin.address
    try:
        async with tx.paused():
            verdict = await client_of(tx.tools).call("POST", settings.captcha_verify_url, form=form)
        document = orjson.loads(verdict.body)
    except (CallFailed, orjson.JSONDecodeError):
        # Closed, not open: what is asked for so that robots stay out may not vanish because somebody floods its service.
        raise Unavailable("The check of the CAPTCHA does not answer. Try again in a moment.", retry_after=10) from None
    if verdict.status != 200 or not isinstance(document, dict) or document.get("success") is not True:
        raise ChallengeRequired
