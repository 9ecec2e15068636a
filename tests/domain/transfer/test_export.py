"""Exporting: everything that an import takes, so that what went out comes in as it was."""

from __future__ import annotations

import csv
import io
import json

import pytest

from doorward.domain.audit.list import EventFilter, list_events
from doorward.domain.users.list import UserFilter
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, operator
from doorward.kernel.problem import Forbidden
from tests.domain.transfer.conftest import bring_in_to, export_from
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration

_PEOPLE = (
    "id,email,email_verified,more_verified_emails,more_unverified_emails,username,name,locale,time_zone,picture_url,"
    "external_id,status,suspended_reason,suspended_until,created_at,last_sign_in_at,roles,public_metadata,admin_metadata,"
    "password_hash\n"
    'usr_01h455vb4pex5vsknk084sn02q,Ada@example.com,true,a@example.org,c@example.org,ada,"Ada, ""the"" =Countess",en-GB,'
    "Europe/London,https://example.com/a.png,17,suspended,On leave,2099-01-01T00:00:00Z,2019-03-04T05:06:07.123456Z,"
    '2020-01-02T03:04:05Z,support,"{""plan"":""gold"",""tags"":[1,2]}","{""n"":null}",HASH\n'
    ",bob@example.com,,,,,=1+1,,,,,,,,2021-01-01T00:00:00Z,,,,,\n"
)


def people(tools: Tools) -> str:
    return _PEOPLE.replace("HASH", f'"{tools.hashing.hasher.hash(PASSWORD)}"')


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
async def test_comes_back_as_it_went_out(committing_tools: Tools, tools: Tools, kind: str) -> None:
    assert (await bring_in_to(tools, people(tools))).counts() == {"created": 2}
    out = await export_from(tools, kind, with_password_hashes=True)
    there = committing_tools  # another database
    assert (await bring_in_to(there, out, kind=kind)).counts() == {"created": 2}
    again = await export_from(there, kind, with_password_hashes=True)
    assert again == out
    assert "2019-03-04T05:06:07.123456Z" in out


async def test_holds_no_secrets_unless_asked(tools: Tools) -> None:
    await bring_in_to(tools, people(tools))
    assert "$argon2" not in await export_from(tools)
    assert "$argon2" in await export_from(tools, with_password_hashes=True)
    everything_but_hashes = Actor("system", permissions=frozenset({"users:read", "users:write"}))
    with pytest.raises(Forbidden):
        from doorward.domain.transfer.export import export_users

        await export_users(tools, everything_but_hashes, io.BytesIO(), "csv", UserFilter(), with_password_hashes=True)


async def test_filters_by_status_and_role_and_leaves_deleted_users_out(tools: Tools) -> None:
    from doorward.domain.users.delete import delete_user

    await bring_in_to(tools, people(tools))
    gone = await make_user(tools, "gone@example.com")
    async with tools.writing(operator()) as tx:
        await delete_user(tx, gone.id)

    async def emails(which: UserFilter) -> list[str]:
        return [json.loads(line)["email"] for line in (await export_from(tools, "jsonl", which)).splitlines()]

    assert await emails(UserFilter()) == ["Ada@example.com", "bob@example.com"]
    assert await emails(UserFilter(status="suspended")) == ["Ada@example.com"]
    assert await emails(UserFilter(role="support")) == ["Ada@example.com"]
    assert await emails(UserFilter(status="deleted")) == ["gone@example.com"]


async def test_makes_cells_harmless_for_spreadsheets_only_when_asked(tools: Tools) -> None:
    await bring_in_to(tools, people(tools))
    names = {row["name"] for row in csv.DictReader(io.StringIO(await export_from(tools)))}
    assert "=1+1" in names
    safe = {row["name"] for row in csv.DictReader(io.StringIO(await export_from(tools, spreadsheet_safe=True)))}
    assert "'=1+1" in safe


async def test_goes_over_many_pages_without_gap_or_repeat(tools: Tools) -> None:
    rows = "".join(f"person{number}@example.com,2020-01-01\n" for number in range(2500))
    await bring_in_to(tools, "email,created_at\n" + rows)
    found = [row["email"] for row in csv.DictReader(io.StringIO(await export_from(tools)))]
    assert len(found) == len(set(found)) == 2500


async def test_records_that_users_went_out(tools: Tools) -> None:
    await bring_in_to(tools, people(tools))
    await export_from(tools, "jsonl", with_password_hashes=True)
    async with tools.reading(operator()) as tx:
        events = (await list_events(tx, EventFilter(type="users.exported"), limit=10)).items
    assert [event.data for event in events] == [{"count": 2, "format": "jsonl", "with_password_hashes": True}]
