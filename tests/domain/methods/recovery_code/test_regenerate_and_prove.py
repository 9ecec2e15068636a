"""Recovery codes: ten, shown once, each good once in place of a lost factor."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from doorward.domain.credentials.keep import credentials_of, unseal
from doorward.domain.methods.recovery_code.codes import hashed, new_codes, read
from doorward.domain.methods.recovery_code.problems import RecoveryCodesNeedFactor
from doorward.domain.methods.recovery_code.regenerate import count_codes, regenerate_codes
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import SignInFailed
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, anonymous, operator
from doorward.kernel.problem import Forbidden, InvalidInput
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.authenticator_app import code_now, give_app, give_codes
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


async def sign_in(tools: Tools, **answers: str) -> Complete:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        step = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    assert isinstance(step, Pending)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        outcome = await answer_sign_in(tx, attempt=step.attempt, answers=answers)
    assert isinstance(outcome, Complete)
    return outcome


def test_makes_codes_of_a_hundred_and_twenty_random_bits() -> None:
    codes = [code for _ in range(50) for code in new_codes()]
    assert len(set(codes)) == 500
    assert all(re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    # Every place takes every letter: none is fixed or follows from another.
    assert all(len({code[place] for code in codes}) > 28 for place in range(29) if place % 5 != 4)
    assert not [pair for pair in combinations(codes[:10], 2) if pair[0][:9] == pair[1][:9]]


def test_finds_a_code_however_it_is_typed() -> None:
    codes = ("7K2M-9QXD-4T1V-B0RC-HW8N-E5ZA", *new_codes()[1:])
    stored = hashed(codes)
    assert read(stored.data()) == stored
    found = stored.find(codes[0])
    assert found is not None
    for typed in (codes[0].lower(), codes[0].replace("-", ""), "7k2m 9qxd 4tIv bOrc hw8n e5za", f" {codes[0]} "):
        assert stored.find(typed) == found
    for typed in ("", "x", codes[0][:-1], codes[0] + "7", codes[0].replace("7", "U"), "\ud800", "é" * 24, "7" * 9000):
        assert stored.find(typed) is None
    left = stored.without(found)
    assert left is not None
    assert left.find(codes[0]) is None
    assert left.find(codes[1]) is not None
    assert not [code for code in codes if code.replace("-", "") in str(stored.data())]


async def test_makes_ten_and_forgets_those_before(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    async with tools.writing(as_user(ada)) as tx:
        assert (await count_codes(tx)).left == 0
        first = await regenerate_codes(tx)
        second = await regenerate_codes(tx)
        count = await count_codes(tx)
    assert (len(first), len(set(first) | set(second)), count.left) == (10, 20, 10)
    assert count.made_at == tx.now
    with pytest.raises(SignInFailed):
        await sign_in(tools, recovery_code=first[0])
    outcome = await sign_in(tools, recovery_code=second[0])
    assert outcome.session.methods == ["pwd", "recovery", "mfa"]
    assert isinstance(await sign_in(tools, totp=code_now(tools, app)), Complete)
    assert [event.data["method"] for event in await logged(tools, type_="factor.added")] == ["totp"] + [
        "recovery_code"
    ] * 2


async def test_stands_in_for_a_factor_and_is_none_by_itself(tools: Tools) -> None:
    ada = await make_user(tools)
    with pytest.raises(RecoveryCodesNeedFactor):
        async with tools.writing(as_user(ada)) as tx:
            await regenerate_codes(tx)
    await give_app(tools, ada.id)
    stale = as_user(ada)
    tools.clock.advance(seconds=901)  # type: ignore[attr-defined]
    with pytest.raises(StepUpRequired):
        async with tools.writing(stale) as tx:
            await regenerate_codes(tx)
    with pytest.raises(Forbidden):
        async with tools.writing(Actor("user", ada.id)) as tx:
            await regenerate_codes(tx)


async def test_takes_each_code_once_and_says_when_few_are_left(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    codes = await give_codes(tools, ada.id)
    for place, code in enumerate(codes):
        await sign_in(tools, recovery_code=code)
        # After the last one there is no such prompt any more.
        with pytest.raises(SignInFailed if place < 9 else InvalidInput):
            await sign_in(tools, recovery_code=code)
        tools.clock.advance(minutes=30)  # type: ignore[attr-defined]
        async with tools.reading(as_user(ada)) as tx:
            assert (await count_codes(tx)).left == 9 - place
        if place == 8:
            async with tools.reading(operator()) as tx:
                (row,) = await credentials_of(tx, ada.id, "recovery_code")
                assert len(unseal(tools.sealer, row)["left"]) == 1
    used = [event.data for event in await logged(tools, type_="recovery_code.used")]
    assert used == [{"left": 9 - place} for place in range(10)]
    async with tools.reading(operator()) as tx:
        assert await credentials_of(tx, ada.id, "recovery_code") == []
    low = [event.data["left"] for event in await logged(tools, type_="recovery_codes.low")]
    assert low == [3, 2, 1, 0]
