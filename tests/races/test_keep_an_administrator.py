"""Two administrators who take each other's power away at once: one of them stays."""

from __future__ import annotations

import asyncio

import pytest

from doorward.infra.tools import Tools
from tests.faults.invariants import as_uuid, rows
from tests.make.people import make_administrator
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

WAYS = {
    "suspend": lambda client, by, whom: client.post(f"/v1/users/{whom.user['id']}/suspend", headers=by.headers),
    "delete": lambda client, by, whom: client.delete(f"/v1/users/{whom.user['id']}", headers=by.headers),
    "erase": lambda client, by, whom: client.delete(f"/v1/users/{whom.user['id']}?purge=true", headers=by.headers),
    "revoke": lambda client, by, whom: client.delete(f"/v1/users/{whom.user['id']}/roles/admin", headers=by.headers),
    "leave": lambda client, by, _: client.delete("/v1/me", headers=by.headers),
}


@pytest.mark.parametrize("ways", [("suspend",), ("delete",), ("erase",), ("revoke",), ("leave",), tuple(WAYS)])
async def test_the_last_administrator_stays(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients, ways: tuple[str, ...]
) -> None:
    one = await make_administrator(pair[0], clients[0], "one@example.com")
    two = await make_administrator(pair[0], clients[1], "two@example.com")
    answers = await asyncio.gather(
        *(
            WAYS[way](client, by, whom)
            for way in ways
            for client, by, whom in ((clients[0], one, two), (clients[1], two, one))
        )
    )
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    assert sum(answer.status_code in {200, 204} for answer in answers) >= 1
    holders = {as_uuid(row[0]) for row in await rows(own_database_url, "SELECT user_id, role_id FROM user_roles")}
    active = {as_uuid(row[0]) for row in await rows(own_database_url, "SELECT id FROM users WHERE status = 'active'")}
    assert len(holders & active) == 1
