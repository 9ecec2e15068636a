"""Whether a password is known from breaches (NIST SP 800-63B-4 section 3.1.1.2): by the file of this installation, or by asking.

Asking sends the first five of forty hexadecimal digits of a hash, and the answer is padded, so neither the service nor
whoever watches learns which password it was.
"""

from __future__ import annotations

from typing import Final

import structlog

from doorward.domain.methods.password.settings import PasswordSettings
from doorward.infra.breach.read import BreachedPasswords, digests
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.http_client.client import CallFailed, client_of
from doorward.kernel.problem import FieldError

_log = structlog.stdlib.get_logger("doorward.breach")
_PREFIX: Final = 5
_PATIENCE_SECONDS: Final = 1.0


def is_in_file(tx: Tx, password: str) -> bool:
    """Whether the file has it; a few microseconds. Not when the setting is off."""
    return tx.section(PasswordSettings).breached != "off" and tx.tools.hold(BreachedPasswords).has(password)


async def is_breached(tx: Tx, password: str) -> bool:
    """Whether the file has it, or the service that the operator named. Before the first change of a transaction.

    A service that does not answer in a second knows nothing of the password: nobody is kept from choosing one for that.
    """
    settings = tx.section(PasswordSettings)
    if settings.breached == "off":
        return False
    if tx.tools.hold(BreachedPasswords).has(password):
        return True
    if settings.breached_lookup_url is None:
        return False
    async with tx.paused():
        for digest in digests(password):
            if await _look_up(tx, settings.breached_lookup_url, digest.hex().upper()):
                return True
    return False


def refusal(pointer: str) -> FieldError:
    """What is said of a breached password."""
    return FieldError(
        pointer,
        "password-breached",
        "This password was found in data stolen elsewhere, so attackers try it. Choose another, and change it wherever you use it.",
    )


async def _look_up(tx: Tx, url: str, digits: str) -> bool:
    try:
        answer = await client_of(tx.tools).call(
            "GET",
            f"{url.rstrip('/')}/{digits[:_PREFIX]}",
            headers={"Add-Padding": "true", "User-Agent": "doorward"},
            timeout_seconds=_PATIENCE_SECONDS,
        )
    except CallFailed as error:
        return _failed(str(error))
    if answer.status != 200:
        return _failed(f"status {answer.status}")
    for line in answer.body.decode("ascii", "replace").splitlines():
        rest, _, count = line.strip().partition(":")
        if rest.upper() == digits[_PREFIX:]:
            # A count of 0 is padding.
            return count != "0"
    return False


def _failed(reason: str) -> bool:
    _log.warning("the look-up of breached passwords failed; the password was not checked there", reason=reason)
    return False
