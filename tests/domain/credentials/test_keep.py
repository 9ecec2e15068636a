"""Credentials: sealed for their row, replaced only where nobody else was faster."""

from __future__ import annotations

import pytest

from doorward.domain.credentials.keep import add_credential, credentials_of, mark_used, replace_data, unseal
from doorward.domain.credentials.views import credential_view
from doorward.domain.methods.credentials import list_credentials_of
from doorward.domain.users.problems import UserNotFound
from doorward.infra.crypto.sealing import SealBroken
from doorward.infra.database.problems import Conflict
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_seals_data_for_its_own_row(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    async with tools.writing(operator()) as tx:
        one = await add_credential(tx, user_id=ada.id, method="thing", data={"secret": "xyzzy"}, label="My key")
        other = await add_credential(tx, user_id=ada.id, method="thing", data={"secret": "plugh"})
        assert await credentials_of(tx, ada.id) == await credentials_of(tx, ada.id, "thing") == [one, other]
        assert await credentials_of(tx, ada.id, "password") == []
    assert b"xyzzy" not in one.sealed
    assert unseal(tools.sealer, one) == {"secret": "xyzzy"}
    with pytest.raises(SealBroken):
        unseal(tools.sealer, one._replace(sealed=other.sealed))
    assert "sealed" not in credential_view(one)


async def test_replaces_only_what_is_still_the_same(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    async with tools.writing(operator()) as tx:
        row = await add_credential(tx, user_id=ada.id, method="thing", data={"n": 1})
        assert await replace_data(tx, row, {"n": 2}, only_if_same=True)
        assert not await replace_data(tx, row, {"n": 3}, only_if_same=True)
        assert not await mark_used(tx, row)
        (present,) = await credentials_of(tx, ada.id)
        assert unseal(tools.sealer, present) == {"n": 2}
        assert await mark_used(tx, present)
        assert await replace_data(tx, row, {"n": 4})


async def test_keeps_a_lookup_key_for_one(tools: Tools) -> None:
    ada = await make_user(tools, password=None)
    for method in ("thing", "other"):
        async with tools.writing(operator()) as tx:
            await add_credential(tx, user_id=ada.id, method=method, data={}, lookup_key="k")
    with pytest.raises(Conflict):
        async with tools.writing(operator()) as tx:
            await add_credential(tx, user_id=ada.id, method="thing", data={}, lookup_key="k")


async def test_shows_everyone_their_own(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.reading(as_user(ada)) as tx:
        assert [each["method"] for each in await list_credentials_of(tx, ada.id)] == ["password"]
    bob = await make_user(tools, "bob@example.com")
    async with tools.reading(as_user(bob)) as tx:
        with pytest.raises(Forbidden):
            await list_credentials_of(tx, ada.id)
    async with tools.reading(operator()) as tx:
        with pytest.raises(UserNotFound):
            await list_credentials_of(tx, new_id())
