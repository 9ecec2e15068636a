"""New users: what is stored, and that the database alone decides who has a name or an address."""

from __future__ import annotations

import pytest

from doorward.domain.sign_up.create_user import create_user
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator

pytestmark = pytest.mark.integration


async def test_refuses_a_taken_email_in_another_spelling(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        await create_user(tx, {"email": "ada@example.com"})
    with pytest.raises(EmailTaken):
        async with tools.writing(operator()) as tx:
            await create_user(tx, {"email": "ADA@Example.com"})


async def test_refuses_a_taken_username_and_keeps_nothing_of_the_attempt(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        await create_user(tx, {"email": "ada@example.com", "username": "ada"})
    with pytest.raises(UsernameTaken):
        async with tools.writing(operator()) as tx:
            await create_user(tx, {"email": "other@example.com", "username": "Ada"})
    async with tools.writing(operator()) as tx:
        row = await create_user(tx, {"email": "other@example.com"})
    assert row.email == "other@example.com"
