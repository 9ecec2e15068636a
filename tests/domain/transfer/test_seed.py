"""Invented people: believable, by the same rules as everybody, and the same ones for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from doorward.domain.methods.password.prove import check
from doorward.domain.transfer.people import CULTURES, Maker, plain
from doorward.domain.transfer.seed import seed_users
from doorward.domain.users.find import find_by_identifier
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_makes_only_people_whom_the_rules_take_as_they_are() -> None:
    settings = UsersSettings()
    maker = Maker(3, _NOW)
    for number in range(1, 3000):
        user = maker.person(number).account.user
        fields = {
            "email": user.email.display,
            "email_verified": user.email_verified,
            "username": user.username.display if user.username else None,
            "name": user.name,
            "locale": user.locale,
            "time_zone": user.time_zone,
            "public_metadata": user.public_metadata,
        }
        checked = check_new_user(fields, settings)
        assert (checked.email, checked.username, checked.name) == (user.email, user.username, user.name)
        assert (checked.locale, checked.time_zone) == (user.locale, user.time_zone)


def test_writes_every_name_in_plain_letters() -> None:
    for culture in CULTURES:
        for name in (*culture.given, *culture.family):
            assert plain(name).isascii()
            assert len(plain(name)) >= 2, name


def test_makes_the_same_people_for_the_same_seed_and_others_for_another() -> None:
    def names(seed: int) -> list[tuple[str, object]]:
        maker = Maker(seed, _NOW)
        return [(person.account.user.email.key, person.account.created_at) for person in map(maker.person, range(200))]

    assert names(1) == names(1)
    assert not {email for email, _ in names(1)} & {email for email, _ in names(2)}


@pytest.mark.integration
async def test_fills_the_database_and_again_adds_nobody(tools: Tools) -> None:
    tally, password = await seed_users(tools, operator(), 1200)
    assert (tally.created, tally.rejected) == (1200, 0)
    assert password is not None
    again, _ = await seed_users(tools, operator(), 1200, with_passwords=False)
    assert (again.created, again.skipped, again.rejected) == (0, 1200, 0)
    async with tools.reading(operator()) as tx:
        suspended = await list_users(tx, UserFilter(status="suspended"), limit=200)
        helping = await list_users(tx, UserFilter(role="support"), limit=200)
        someone = (await list_users(tx, UserFilter(status="active"), limit=1)).items[0]
        assert 5 < len(suspended.items) < 60
        assert len(helping.items) == 3
        assert await find_by_identifier(tx, someone.email) == someone
        assert await check(tx, someone.id, password) is not None
