"""Passwords: proved, made anew when the cost changed, chosen, and worth the same time for those who have none."""

from __future__ import annotations

import bcrypt
import pytest

from doorward.domain.credentials.keep import add_credential, credentials_of, replace_data, unseal
from doorward.domain.methods.method import Occasion
from doorward.domain.methods.password.choose import change_my_password, set_password
from doorward.domain.methods.password.problems import CurrentPasswordWrong
from doorward.domain.methods.password.prove import PasswordMethod, check
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.start import start_session
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.store import UserRow
from doorward.infra.crypto.hashing import HashingPool, HashingSettings, PasswordHasher
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden, InvalidInput
from tests.make.actors import as_user, logged
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration

OTHER = "quite another sentence 7"


async def proves(tools: Tools, user: UserRow | None, password: str) -> bool:
    async with tools.writing(anonymous()) as tx:
        proof = await check(tx, user.id if user else None, password)
        return proof is not None and await proof.keep(tx)


async def stored(tools: Tools, user: UserRow) -> str:
    async with tools.reading(operator()) as tx:
        (row,) = await credentials_of(tx, user.id, "password")
    return str(unseal(tools.sealer, row)["hash"])


async def test_proves_by_the_right_password_alone(tools: Tools) -> None:
    ada = await make_user(tools)
    assert await proves(tools, ada, PASSWORD)
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], "\x00", "\ud800", "x" * 100_000):
        assert not await proves(tools, ada, wrong)
    async with tools.writing(anonymous()) as tx:
        for answers in ({"code": PASSWORD}, {"password": {"password": PASSWORD}}, {"password": None}):
            assert await PasswordMethod().prove(tx, Occasion(new_id(), ada.id, "first"), answers) is None


async def test_costs_one_hash_whoever_is_asked_for(tools: Tools) -> None:
    ada = await make_user(tools)
    without = await make_user(tools, "without@example.com", password=None)
    for user, password in [(ada, PASSWORD), (ada, "wrong"), (without, "x"), (None, PASSWORD), (ada, "y" * 5000)]:
        before = tools.hashing.finished
        await proves(tools, user, password)
        assert tools.hashing.finished == before + 1


async def test_makes_the_hash_anew_when_its_cost_or_scheme_is_another(tools: Tools) -> None:
    ada = await make_user(tools)
    old = await stored(tools, ada)
    assert await proves(tools, ada, PASSWORD)
    assert await stored(tools, ada) == old
    settings = HashingSettings(argon2_memory_kib=128, argon2_time=1, threads=1)
    previous, tools.hashing = tools.hashing, HashingPool(settings, PasswordHasher(settings))
    try:
        assert not await proves(tools, ada, "wrong")
        assert await stored(tools, ada) == old
        assert await proves(tools, ada, PASSWORD)
        assert "m=128" in await stored(tools, ada)
        assert await proves(tools, ada, PASSWORD)
    finally:
        tools.hashing.close()
        tools.hashing = previous


async def test_takes_a_hash_of_another_product_and_makes_it_ours(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    async with tools.writing(operator()) as tx:
        await add_credential(tx, user_id=ada.id, method="password", data={"hash": imported})
    assert await proves(tools, ada, PASSWORD)
    assert (await stored(tools, ada)).startswith("$argon2id$")


async def test_does_not_let_in_by_a_password_that_was_changed_meanwhile(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(anonymous()) as tx:
        proof = await check(tx, ada.id, PASSWORD)
    assert proof is not None
    assert proof.amr == ("pwd",)
    async with tools.writing(operator()) as tx:
        await set_password(tx, ada.id, OTHER)
        assert not await proof.keep(tx)
    assert not await proves(tools, ada, PASSWORD)
    assert await proves(tools, ada, OTHER)


async def test_changes_ones_own_password_and_ends_the_other_sessions(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        here = (await start_session(tx, user_id=ada.id, kind="token", methods=[])).session
        await start_session(tx, user_id=ada.id, kind="cookie", methods=[])
    me = as_user(ada, session_id=here.id)
    async with tools.writing(me) as tx:
        await change_my_password(tx, current=PASSWORD, new=OTHER)
        assert [session.id for session in await open_sessions(tx, ada.id)] == [here.id]
    assert await proves(tools, ada, OTHER)
    assert len(await logged(tools, user_id=ada.id, type_="password.changed")) == 1


@pytest.mark.parametrize("current", [None, "", "wrong", OTHER])
async def test_asks_for_the_present_password(tools: Tools, current: str | None) -> None:
    ada = await make_user(tools)
    with pytest.raises(CurrentPasswordWrong):
        async with tools.writing(as_user(ada)) as tx:
            await change_my_password(tx, current=current, new=OTHER)
    assert await proves(tools, ada, PASSWORD)


async def test_asks_nobody_for_a_password_they_never_had(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    async with tools.writing(as_user(ada)) as tx:
        await change_my_password(tx, current=None, new=OTHER)
    assert await proves(tools, ada, OTHER)


async def test_holds_a_new_password_to_the_policy(tools: Tools) -> None:
    ada = await make_user(tools, name="Adalbert Lovelace")
    for new in ("ab7-x", "password123456", "adalbert lovelace"):
        with pytest.raises(InvalidInput) as refused:
            async with tools.writing(as_user(ada)) as tx:
                await change_my_password(tx, current=PASSWORD, new=new)
        assert refused.value.errors[0].pointer == "/new_password"
        with pytest.raises(InvalidInput) as refused:
            async with tools.writing(operator()) as tx:
                await set_password(tx, ada.id, new)
        assert refused.value.errors[0].pointer == "/password"
        assert new not in str(refused.value.errors)


async def test_sets_a_password_for_others_and_ends_their_sessions(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    root = await make_user(tools, "root@example.com", roles=["admin"])
    async with tools.writing(operator()) as tx:
        await start_session(tx, user_id=ada.id, kind="token", methods=[])
    async with tools.writing(operator()) as tx:
        await set_password(tx, ada.id, OTHER)
        assert await open_sessions(tx, ada.id) == []
    assert await proves(tools, ada, OTHER)
    for actor, user_id, problem in [
        (as_user(ada), root.id, Forbidden),
        (as_user(ada, "users:write"), root.id, Forbidden),
        (operator(), new_id(), UserNotFound),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await set_password(tx, user_id, PASSWORD)


async def test_takes_a_new_hash_only_over_the_one_that_was_proved(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        (row,) = await credentials_of(tx, ada.id)
        await replace_data(tx, row, {"hash": "$argon2id$newer"})
        assert not await replace_data(tx, row, {"hash": "$argon2id$rehashed"}, only_if_same=True)
    assert await stored(tools, ada) == "$argon2id$newer"
