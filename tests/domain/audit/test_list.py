"""The audit log in pages."""

from __future__ import annotations

import pytest

from doorward.domain.audit.list import EventFilter, list_events, list_my_events
from doorward.domain.audit.views import event_view, own_event_view
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
        (suspended,) = (await list_events(tx, EventFilter("user.suspended"))).items
        assert (await list_events(tx, EventFilter("user.suspended"), user_id=ada.id)).items == []
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
            await list_events(tx, EventFilter("user.created"), cursor=cursor)
    async with tools.reading(as_user(ada)) as tx:
        with pytest.raises(Forbidden):
            await list_events(tx)


async def test_filters_by_time(tools: Tools) -> None:
    ada = await make_user(tools)
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    middle = tools.clock.now()
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id)
    async with tools.reading(operator()) as tx:
        late = (await list_events(tx, EventFilter(since=middle), user_id=ada.id)).items
        early = (await list_events(tx, EventFilter(until=middle), user_id=ada.id)).items
        assert [event.type for event in late] == ["user.suspended"]
        assert "user.suspended" not in {event.type for event in early}
        assert len(early) + len(late) == len((await list_events(tx, user_id=ada.id)).items)


async def test_shows_everybody_their_own_without_what_others_think_of_them(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    async with tools.writing(as_user(bob, "users:suspend")) as tx:
        await suspend_user(tx, ada.id, reason="because")
    async with tools.reading(as_user(ada)) as tx:
        mine = (await list_my_events(tx)).items
    assert {event.user_id for event in mine} == {ada.id}
    view = next(own_event_view(event) for event in mine if event.type == "user.suspended")
    assert (view["actor"], view["data"], view["person"]) == ({"kind": "user", "id": None}, {}, None)
