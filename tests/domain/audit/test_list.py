"""The audit log in pages."""

from __future__ import annotations

import pytest

from doorward.domain.audit.list import list_events
from doorward.domain.audit.views import event_view
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import USER, encode
from doorward.kernel.problem import Forbidden, InvalidInput
from tests.make.actors import as_user
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_pages_newest_first_without_gaps_or_repeats(tools: Tools) -> None:
    for number in range(7):
        await make_user(tools, f"u{number}@example.com", password=None)
    async with tools.reading(operator()) as tx:
        whole = (await list_events(tx, limit=200)).items
        assert [event.id for event in whole] == sorted((event.id for event in whole), reverse=True)
        for limit in (1, 3, len(whole)):
            found, cursor = [], None
            while True:
                page = await list_events(tx, limit=limit, cursor=cursor)
                found.extend(page.items)
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert found == whole


async def test_filters_by_account_and_type(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    async with tools.writing(as_user(ada, "users:suspend")) as tx:
        await suspend_user(tx, bob.id, reason="because")
    async with tools.reading(operator()) as tx:
        of_bob = (await list_events(tx, user_id=bob.id)).items
        assert {event.user_id for event in of_bob} == {bob.id}
        (suspended,) = (await list_events(tx, type_="user.suspended")).items
        assert (await list_events(tx, type_="user.suspended", user_id=ada.id)).items == []
    view = event_view(suspended)
    assert view["actor"] == {"kind": "user", "id": encode(USER, ada.id)}
    assert (view["user_id"], view["request_id"]) == (encode(USER, bob.id), "request-1")
    # Where the one who acted came from is theirs, and is not shown with the other's account.
    assert view["person"] == {"reason": "because"}


async def test_refuses_other_cursors_and_other_people(tools: Tools) -> None:
    ada = await make_user(tools)
    await make_user(tools, "bob@example.com")
    async with tools.reading(operator()) as tx:
        cursor = (await list_events(tx, limit=1)).next_cursor
        with pytest.raises(InvalidInput):
            await list_events(tx, type_="user.created", cursor=cursor)
    async with tools.reading(as_user(ada)) as tx:
        with pytest.raises(Forbidden):
            await list_events(tx)
