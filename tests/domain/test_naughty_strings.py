"""Strings that broke other programs: every check gives a value or a refusal, and neither fails nor repeats them."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from doorward.domain.methods.password.rules import check_password
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.users.rules.email_address import check_email, email_key
from doorward.domain.users.rules.username import check_username, username_key
from doorward.domain.users.settings import UsersSettings
from doorward.kernel.problem import InvalidInput
from doorward.kernel.text import check_line, check_locale, check_time_zone, check_url, fold

ASCII = UsersSettings()
UNICODE = UsersSettings(username_unicode=True)
CHECKS: dict[str, Callable[[str], object]] = {
    "line": partial(check_line, pointer="/name"),
    "locale": check_locale,
    "time zone": check_time_zone,
    "url": partial(check_url, pointer="/picture_url"),
    "username": lambda text: check_username(text, ASCII),
    "unicode username": lambda text: check_username(text, UNICODE),
    "email": lambda text: check_email(text, ASCII),
    "email mailbox": lambda text: check_email(f"{text}@example.com", ASCII),
    "email domain": lambda text: check_email(f"jane@{text}", ASCII),
    "balanced password": lambda text: check_password(text, PasswordSettings(), personal=[text[::-1]]),
    "nist password": lambda text: check_password(text, PasswordSettings(policy="nist"), personal=[text]),
    "composed password": lambda text: check_password(text, PasswordSettings(policy="composition")),
    "fold": fold,
    "username key": username_key,
    "email key": email_key,
}


def naughty_strings() -> list[str]:
    given = os.environ.get("DOORWARD_VECTORS")
    folders = (
        [Path(given)] if given else [parent / "shared" / "vectors" for parent in Path(__file__).resolve().parents[3:]]
    )
    for folder in folders:
        if (file := folder / "naughty-strings.json").is_file():
            return json.loads(file.read_text())
    pytest.skip("naughty-strings.json is not at hand; set DOORWARD_VECTORS to its folder")


@pytest.mark.parametrize("name", CHECKS)
def test_answers_every_naughty_string(name):
    check = CHECKS[name]
    strings = naughty_strings()
    assert len(strings) > 400
    decoded = [
        base64.b64decode(text).decode("utf-8", "surrogateescape")
        for text in strings
        if len(text) % 4 == 0 and text[-1:] == "="
    ]
    for text in [*strings, *decoded]:
        details = refusal(check, text)
        # Short ones are words that any sentence may hold.
        assert len(text) < 12 or all(text not in detail for detail in details)


def refusal(check: Callable[[str], object], text: str) -> list[str]:
    try:
        check(text)
    except InvalidInput as problem:
        return [error.detail for error in problem.errors]
    return []
