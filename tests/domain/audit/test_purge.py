"""What the log says of strangers goes by time; of users it stays."""

from __future__ import annotations

import pytest

from doorward.domain.audit.purge import purge_strangers
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.problems import SignInFailed
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, system
from tests.make.actors import logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration

STRANGER = anonymous(Origin("203.0.113.9", "curl/8", "r1"))


async def test_forgets_a_stranger_after_a_time_and_keeps_the_event(tools: Tools) -> None:
    ada = await make_user(tools)
    for identifier in ("nobody@example.com", "ada@example.com"):
        with pytest.raises(SignInFailed):
            async with tools.writing(STRANGER) as tx:
                await begin_sign_in(tx, identifier=identifier, password="not this one 7")

    async def refusals() -> dict[bool, bool]:
        """By whether it was ada's account: whether the log still says from where."""
        return {
            event.user_id == ada.id: event.person is not None for event in await logged(tools, type_="sign_in.refused")
        }

    async with tools.writing(system()) as tx:
        await purge_strangers(tx, {})
    assert await refusals() == {True: True, False: True}
    tools.clock.advance(days=91)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await purge_strangers(tx, {})
    assert await refusals() == {True: True, False: False}
