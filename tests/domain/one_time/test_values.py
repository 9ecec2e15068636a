"""Values that work once: open until spent, voided or over; of one kind; with counted tries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from doorward.domain.one_time.tables import one_time_values
from doorward.domain.one_time.values import (
    Kind,
    code_of,
    is_code_of,
    link_of,
    make_value,
    purge_values,
    read_link,
    read_value,
    spend,
    take_try,
    void_values,
)
from doorward.domain.users.delete import delete_user, erase_user
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Stamper
from doorward.infra.database.statement import Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator, system
from tests.make.people import make_user
from tests.make.tools import SECRET

pytestmark = pytest.mark.integration

KIND = Kind("test-value", "tv")
OTHER = Kind("other-value", "tv")


async def made(tools: Tools, user_id: UUID | None = None) -> UUID:
    async with tools.writing(anonymous()) as tx:
        return await make_value(
            tx, KIND, user_id=user_id, data={"email": "ada@example.com"}, lifetime=timedelta(minutes=10)
        )


async def test_a_link_opens_its_own_value_until_it_is_spent(tools: Tools) -> None:
    ada = await make_user(tools)
    link = link_of(tools, KIND, await made(tools, ada.id))
    for _ in range(2):
        async with tools.reading(anonymous()) as tx:
            value = await read_link(tx, KIND, link)
        assert value is not None
        assert (value.user_id, value.data) == (ada.id, {"email": "ada@example.com"})
    async with tools.writing(anonymous()) as tx:
        assert await spend(tx, value)
        assert not await spend(tx, value)
        assert await read_link(tx, KIND, link) is None


async def test_a_link_of_another_kind_or_changed_opens_nothing(tools: Tools) -> None:
    value_id = await made(tools)
    link = link_of(tools, KIND, value_id)
    async with tools.reading(anonymous()) as tx:
        assert await read_link(tx, OTHER, link) is None
        assert await read_link(tx, KIND, link_of(tools, OTHER, value_id)) is None
        assert await read_value(tx, OTHER, value_id) is None
        for text in ("", link[:-1], link + "A", link.swapcase(), "dwtv_", "\ud800"):
            assert await read_link(tx, KIND, text) is None


async def test_nothing_that_is_stored_opens_anything(tools: Tools) -> None:
    value_id = await made(tools)
    link, code = link_of(tools, KIND, value_id), code_of(tools, KIND, value_id)
    async with tools.reading(operator()) as tx:
        (row,) = await tx.db.all(Query(select(*one_time_values.columns), tuple))  # type: ignore[type-var]
    for stored in row:
        assert link not in str(stored)
        assert code not in str(stored)
        assert "ada@example.com" not in str(stored)


async def test_a_code_is_taken_as_people_type_it_and_no_other(tools: Tools) -> None:
    value_id = await made(tools)
    code = code_of(tools, KIND, value_id)
    assert len(code) == 8
    assert code.isdecimal()
    assert code == code_of(tools, KIND, value_id)
    for text in (code, f" {code[:4]} {code[4:]} ", f"{code[:4]}-{code[4:]}"):
        assert is_code_of(tools, KIND, value_id, text)
    for text in ("", code[:-1], code + "0", code_of(tools, OTHER, value_id), "\ud800", "x" * 9999):
        assert not is_code_of(tools, KIND, value_id, text)


async def test_tries_are_counted_and_end(tools: Tools) -> None:
    value_id = await made(tools)
    for number in range(1, 4):
        async with tools.writing(anonymous()) as tx:
            value = await take_try(tx, KIND, value_id, most=3)
        assert value is not None
        assert value.tries == number
    async with tools.writing(anonymous()) as tx:
        assert await take_try(tx, KIND, value_id, most=3) is None


async def test_is_over_when_its_time_is_and_forgotten_a_day_later(tools: Tools) -> None:
    value_id = await made(tools)
    tools.clock.advance(minutes=10)  # type: ignore[attr-defined]
    async with tools.writing(anonymous()) as tx:
        assert await read_value(tx, KIND, value_id) is None
        assert await take_try(tx, KIND, value_id, most=3) is None
    for hours, left in ((23, 1), (2, 0)):
        tools.clock.advance(hours=hours)  # type: ignore[attr-defined]
        async with tools.writing(system()) as tx:
            await purge_values(tx, {})
            assert len(await tx.db.all(Query(select(one_time_values.c.id), tuple))) == left  # type: ignore[type-var]


async def test_voids_the_values_of_one_user_of_some_kinds_or_all(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    hers, his = await made(tools, ada.id), await made(tools, bob.id)
    async with tools.writing(system()) as tx:
        assert await void_values(tx, ada.id, [OTHER]) == 0
        assert await read_value(tx, KIND, hers) is not None
        assert await void_values(tx, ada.id, [OTHER, KIND]) == 1
        assert await read_value(tx, KIND, hers) is None
        assert await void_values(tx, bob.id) == 1
        assert await read_value(tx, KIND, his) is None


async def test_goes_with_its_user(tools: Tools) -> None:
    ada = await make_user(tools)
    value_id = await made(tools, ada.id)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
        await erase_user(tx, ada.id)
        assert await read_value(tx, KIND, value_id) is None


async def test_a_code_and_a_link_open_under_any_secret_that_is_configured(tools: Tools) -> None:
    value_id = await made(tools)
    code, link = code_of(tools, KIND, value_id), link_of(tools, KIND, value_id)
    new = b"n" * 32
    for secrets in ([SECRET, new], [new, SECRET]):
        sealer = Sealer(secrets)
        other = replace(tools, sealer=sealer, stamper=Stamper(sealer))
        assert is_code_of(other, KIND, value_id, code)
        async with other.reading(anonymous()) as tx:
            assert await read_link(tx, KIND, link) is not None
    only = Sealer([new])
    assert not is_code_of(replace(tools, sealer=only, stamper=Stamper(only)), KIND, value_id, code)
