"""An administrator unlocks whom wrong answers locked out."""

from __future__ import annotations

import pytest

from doorward.domain.risk.failures import Subject, take_guess, was_wrong
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.unlock import unlock_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user, logged
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


async def test_the_owner_signs_in_at_once_and_the_log_says_who_helped(tools: Tools) -> None:
    ada = await make_user(tools)
    helper = await make_user(tools, "helper@example.com")
    for _ in range(10):
        async with tools.writing(anonymous()) as tx:
            await was_wrong(tx, await take_guess(tx, Subject(ada.id)))
        tools.clock.advance(seconds=65)  # type: ignore[attr-defined]
    with pytest.raises(TooManyAttempts):
        async with tools.writing(anonymous()) as tx:
            await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    async with tools.writing(as_user(helper, "users:suspend")) as tx:
        await unlock_user(tx, ada.id)
    async with tools.writing(anonymous()) as tx:
        assert isinstance(await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD), Complete)
    (event,) = await logged(tools, user_id=ada.id, type_="account.unlocked")
    assert (event.actor_id, event.data) == (helper.id, {"by": "administrator"})


async def test_unlocking_who_is_not_locked_changes_and_says_nothing(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        assert (await unlock_user(tx, ada.id)).id == ada.id
    assert await logged(tools, type_="account.unlocked") == []


async def test_refuses_members_and_unknown_users(tools: Tools) -> None:
    ada = await make_user(tools)
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada)) as tx:
            await unlock_user(tx, ada.id)
    with pytest.raises(UserNotFound):
        async with tools.writing(operator()) as tx:
            await unlock_user(tx, new_id())
