"""F12: a refresh at the very moment at which its session is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest, sign_in
from tests.make.people import PASSWORD
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(1800)]

NEW_PASSWORD = "quiet lantern orbit 7"
Headers = dict[str, str]
Ending = Callable[[httpx2.AsyncClient, History, Guest, Headers], Awaitable[httpx2.Response]]


async def _sign_out(client: httpx2.AsyncClient, _: History, guest: Guest, __: Headers) -> httpx2.Response:
    return await client.post("/v1/sign-out", headers=guest.headers)


async def _suspend(client: httpx2.AsyncClient, _: History, guest: Guest, chief: Headers) -> httpx2.Response:
    return await client.post(f"/v1/users/{guest.id}/suspend", headers=chief)


async def _suspend_and_reinstate(
    client: httpx2.AsyncClient, _: History, guest: Guest, chief: Headers
) -> httpx2.Response:
    answer = await client.post(f"/v1/users/{guest.id}/suspend", headers=chief)
    assert answer.status_code == 200
    return await client.post(f"/v1/users/{guest.id}/reinstate", headers=chief)


async def _delete_and_restore(client: httpx2.AsyncClient, _: History, guest: Guest, chief: Headers) -> httpx2.Response:
    answer = await client.delete(f"/v1/users/{guest.id}", headers=chief)
    assert answer.status_code == 204, answer.text
    return await client.post(f"/v1/users/{guest.id}/restore", headers=chief)


async def _erase(client: httpx2.AsyncClient, history: History, guest: Guest, chief: Headers) -> httpx2.Response:
    answer = await client.delete(f"/v1/users/{guest.id}?purge=true", headers=chief)
    history.users.pop(guest.email)
    return answer


async def _set_password(client: httpx2.AsyncClient, _: History, guest: Guest, chief: Headers) -> httpx2.Response:
    return await client.put(f"/v1/users/{guest.id}/password", json={"password": NEW_PASSWORD}, headers=chief)


async def _change_password(client: httpx2.AsyncClient, history: History, guest: Guest, _: Headers) -> httpx2.Response:
    other = await sign_in(client, history, guest.email)
    return await client.post(
        "/v1/me/password",
        json={"current_password": PASSWORD, "new_password": NEW_PASSWORD},
        headers={"authorization": f"Bearer {other['access_token']}"},
    )


ENDINGS = [
    _sign_out,
    _suspend,
    _suspend_and_reinstate,
    _delete_and_restore,
    _erase,
    _set_password,
    _change_password,
]


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=pytest.mark.long)])
async def test_nothing_handed_out_by_a_refresh_outlives_the_end_of_its_session(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History(secrets={NEW_PASSWORD})
    async with (
        nodes(own_database_url, tmp_path, count=2) as pair,
        pair[0].client() as first,
        pair[1].client() as second,
    ):
        chief = await invariants.administrator(pair[0], history)
        for number in range(rounds):
            for ending in ENDINGS:
                await _race(ending, (first, second)[number % 2], second, history, chief)
                await invariants.stays_dead(first, history)
                history.dead_access.clear()
                history.dead_refresh.clear()
        await invariants.hold(own_database_url, pair, history)


async def _race(
    ending: Ending, ender: httpx2.AsyncClient, refresher: httpx2.AsyncClient, history: History, chief: Headers
) -> None:
    guest = await make_guest(refresher, history)
    ended = asyncio.Event()
    under_way = asyncio.Event()
    history.dead_access.add(guest.body["access_token"])
    history.dead_refresh.add(guest.body["refresh_token"])

    async def refresh() -> None:
        presented = guest.body["refresh_token"]
        while not ended.is_set():
            # Two at once, and never one that is two successors behind: that would rightly count as a copied token.
            answers = await asyncio.gather(
                *(refresher.post("/v1/tokens/refresh", json={"refresh_token": presented}) for _ in range(2))
            )
            for answer in answers:
                if answer.status_code != 200:
                    assert answer.status_code == 401, answer.text
                    continue
                body = history.refreshed(presented, answer)
                history.dead_access.add(body["access_token"])
                history.dead_refresh.add(body["refresh_token"])
            if {answer.status_code for answer in answers} != {200}:
                return
            presented = body["refresh_token"]
            under_way.set()

    refreshing = [asyncio.create_task(refresh())]
    await asyncio.wait_for(under_way.wait(), 20)
    answer = await ending(ender, history, guest, chief)
    assert answer.status_code in {200, 204}, answer.text
    ended.set()
    await asyncio.gather(*refreshing)
    # With an erased person their sessions are gone altogether; that is the event then.
    history.expected_events.add(("user.erased", guest.id) if ending is _erase else ("session.ended", guest.session))
