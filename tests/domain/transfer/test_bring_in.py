"""Importing: what comes in, what is refused with which reason, and that doing it again does no harm."""

from __future__ import annotations

import asyncio

import pytest

from doorward.domain.audit.list import EventFilter, list_events
from doorward.domain.methods.password.prove import check
from doorward.domain.roles.holders import roles_of
from doorward.domain.transfer.bring_in import Import
from doorward.domain.users.emails import list_emails
from doorward.domain.users.find import find_by_identifier
from doorward.domain.users.store import UserRow
from doorward.infra.crypto.hashing import PasswordHasher
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.domain.transfer.conftest import BringIn, bring_in_to
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


async def find(tools: Tools, identifier: str) -> UserRow | None:
    async with tools.reading(operator()) as tx:
        return await find_by_identifier(tx, identifier)


async def found(tools: Tools, identifier: str) -> UserRow:
    user = await find(tools, identifier)
    assert user is not None
    return user


async def passes(tools: Tools, user: UserRow, password: str) -> bool:
    async with tools.reading(operator()) as tx:
        return await check(tx, user.id, password) is not None


async def test_brings_in_every_column(tools: Tools, bring_in: BringIn) -> None:
    done = await bring_in(
        "email,email_verified,more_verified_emails,more_unverified_emails,username,name,locale,time_zone,picture_url,"
        "external_id,status,suspended_reason,suspended_until,created_at,last_sign_in_at,roles,public_metadata,admin_metadata\n"
        "Ada@Example.com,true,a@example.org;b@example.org,c@example.org,ada,Ada Lovelace,en-gb,europe/london,"
        "https://example.com/ada.png,17,suspended,On leave,2099-01-01,2019-03-04T05:06:07Z,2020-01-02T03:04:05+01:00,"
        '"support, member","{""plan"": ""gold""}","{""note"": 1}"\n'
    )
    assert done.counts() == {"created": 1}, done.rejects
    user = await found(tools, "ada")
    assert (user.email, user.email_verified, user.name, user.locale, user.time_zone) == (
        "Ada@example.com", True, "Ada Lovelace", "en-GB", "Europe/London",
    )  # fmt: skip
    assert (user.external_id, user.status, user.suspended_reason) == ("17", "suspended", "On leave")
    assert user.created_at.isoformat() == "2019-03-04T05:06:07+00:00"
    assert user.last_sign_in_at is not None
    assert user.last_sign_in_at.isoformat() == "2020-01-02T02:04:05+00:00"
    assert (user.public_metadata, user.admin_metadata) == ({"plan": "gold"}, {"note": 1})
    async with tools.reading(operator()) as tx:
        assert [role.name for role in await roles_of(tx, user.id)] == ["support"]
        emails = {each.address: each.verified_at is not None for each in await list_emails(tx, user.id)}
    assert emails == {"Ada@example.com": True, "a@example.org": True, "b@example.org": True, "c@example.org": False}


async def test_records_one_event_for_each_user_and_none_for_others(tools: Tools, bring_in: BringIn) -> None:
    rows = "".join(f"person{number}@example.com\n" for number in range(120))
    assert (await bring_in("email\n" + rows + "nobody\n")).counts() == {"created": 120, "rejected": 1}
    async with tools.reading(operator()) as tx:
        page = await list_events(tx, EventFilter(type="user.created"), limit=200)
    assert len(page.items) == 120
    assert {item.data["source"] for item in page.items} == {"import"}


@pytest.mark.parametrize("scheme", ["bcrypt", "argon2", "pbkdf2", "scrypt", "django"])
async def test_lets_people_in_by_the_hash_they_bring(tools: Tools, bring_in: BringIn, scheme: str) -> None:
    import base64
    import hashlib

    import bcrypt

    salt = b"saltsaltsaltsalt"
    secret = PASSWORD.encode()
    unpadded = lambda raw: base64.b64encode(raw).decode().rstrip("=").replace("+", ".")  # noqa: E731
    encoded = {
        "bcrypt": bcrypt.hashpw(secret, bcrypt.gensalt(4)).decode(),
        "argon2": tools.hashing.hasher.hash(PASSWORD),
        "pbkdf2": f"$pbkdf2-sha256$1000${unpadded(salt)}${unpadded(hashlib.pbkdf2_hmac('sha256', secret, salt, 1000))}",
        "scrypt": f"$scrypt$ln=4,r=8,p=1${unpadded(salt).replace('.', '+')}$"
        + unpadded(hashlib.scrypt(secret, salt=salt, n=16, r=8, p=1, dklen=32)).replace(".", "+"),
        "django": "pbkdf2_sha256$1000$salt$"
        + base64.b64encode(hashlib.pbkdf2_hmac("sha256", secret, b"salt", 1000)).decode(),
    }[scheme]
    done = await bring_in(f'email,password_hash\nada@example.com,"{encoded}"\n')
    assert done.counts() == {"created": 1}, done.codes
    user = await found(tools, "ada@example.com")
    assert await passes(tools, user, PASSWORD)
    assert not await passes(tools, user, PASSWORD + "!")


async def test_hashes_plain_passwords_only_when_told_to(tools: Tools, bring_in: BringIn) -> None:
    text = f"email,password\nada@example.com,{PASSWORD}\nbob@example.com,password1\n"
    done = await bring_in(text, hash_passwords=True)
    assert done.codes == {3: ["password-common"]}
    assert await passes(tools, await found(tools, "ada@example.com"), PASSWORD)


async def test_again_changes_nothing(bring_in: BringIn) -> None:
    text = "email,external_id,name\nada@example.com,1,Ada\nbob@example.com,,Bob\n"
    assert (await bring_in(text)).counts() == {"created": 2}
    assert (await bring_in(text)).counts() == {"skipped": 2}
    assert (await bring_in(text, existing="update")).counts() == {"unchanged": 2}
    assert (await bring_in(text, existing="reject")).codes == {2: ["user-exists"], 3: ["user-exists"]}


async def test_finds_people_by_external_id_when_their_address_changed(tools: Tools, bring_in: BringIn) -> None:
    await bring_in("email,external_id\nada@example.com,1\n")
    assert (await bring_in("email,external_id\nnew@example.com,1\n")).counts() == {"skipped": 1}
    assert (await bring_in("email,external_id\nnew@example.com,1\n", existing="update")).counts() == {"updated": 1}
    assert (await found(tools, "new@example.com")).email == "new@example.com"
    assert (await found(tools, "ada@example.com")).external_id == "1"


async def test_takes_nobody_for_another_who_has_the_address(bring_in: BringIn) -> None:
    await bring_in("email,external_id\nada@example.com,1\n")
    assert (await bring_in("email,external_id\nada@example.com,2\n")).codes == {2: ["email-taken"]}


async def test_updates_what_the_file_says_and_keeps_the_rest(tools: Tools, bring_in: BringIn) -> None:
    await make_user(tools, name="Ada", locale="en")
    done = await bring_in(
        "email,name,locale,roles,status,email_verified\nada@example.com,Ada King,,support,suspended,true\n",
        existing="update",
    )
    assert done.counts() == {"updated": 1}, done.codes
    user = await found(tools, "ada@example.com")
    assert (user.name, user.locale, user.status, user.email_verified) == ("Ada King", "en", "suspended", True)


async def test_never_brings_an_old_password_back(tools: Tools, bring_in: BringIn) -> None:
    user = await make_user(tools)
    old = PasswordHasher.hash(tools.hashing.hasher, "what it was before 7")
    await bring_in(f'email,name,password_hash\nada@example.com,Ada,"{old}"\n', existing="update")
    assert await passes(tools, user, PASSWORD)
    assert not await passes(tools, user, "what it was before 7")


async def test_gives_a_password_to_those_without_one(tools: Tools, bring_in: BringIn) -> None:
    user = await make_user(tools, password=None)
    text = f'email,password_hash\nada@example.com,"{tools.hashing.hasher.hash(PASSWORD)}"\n'
    assert (await bring_in(text, existing="update")).counts() == {"updated": 1}
    assert await passes(tools, user, PASSWORD)


async def test_rejects_each_line_with_everything_that_is_wrong(bring_in: BringIn) -> None:
    done = await bring_in(
        "email,username,password_hash,roles,status,created_at,public_metadata,id\n"
        "nobody,root,secret,emperor,gone,yesterday,[],usr_1\n"
        ",,,,,,,\n"
        "ada@example.com,,,,,2999-01-01,,\n"
        "bob@example.com,,,,,,,\n"
    )
    assert done.codes[2] == [
        "status-unknown", "time-syntax", "json-object-expected", "id-syntax",
        "email-syntax", "username-reserved", "password-hash-unknown", "role-not-found",
    ]  # fmt: skip
    assert done.codes[3] == ["email-missing"]
    assert done.codes[4] == ["time-future"]
    assert done.counts() == {"created": 1, "rejected": 3}
    assert "secret" not in str([reject.errors for reject in done.rejects])


async def test_settles_twins_in_the_file_by_the_first(bring_in: BringIn) -> None:
    text = "email,username\nada@example.com,ada\nADA@EXAMPLE.COM,other\nbob@example.com,Ada\n"
    for dry_run in (True, False):
        done = await bring_in(text, dry_run=dry_run)
        assert done.counts() == {"created": 1, "skipped": 1, "rejected": 1}
        assert list(done.codes) == [4]


async def test_gives_way_to_those_who_have_the_name_already(tools: Tools, bring_in: BringIn) -> None:
    await make_user(tools, username="ada")
    done = await bring_in("email,username\nother@example.com,ADA\nthird@example.com,\n")
    assert (done.codes, done.counts()) == ({2: ["username-taken"]}, {"created": 1, "rejected": 1})


async def test_changes_nothing_in_a_dry_run(tools: Tools, bring_in: BringIn) -> None:
    text = "email\n" + "".join(f"person{number}@example.com\n" for number in range(5)) + "person0@example.com\n"
    assert (await bring_in(text, dry_run=True, chunk=2)).counts() == {"created": 5, "skipped": 1}
    assert await find(tools, "person0@example.com") is None


@pytest.mark.parametrize(("look_by", "twins"), [("_knows_any", 0), ("_sort", 1)])
async def test_rejects_only_the_loser_of_a_race(
    committing_tools: Tools, monkeypatch: pytest.MonkeyPatch, look_by: str, twins: int
) -> None:
    """Somebody signs up between the look and the insert: the database refuses the chunk, and only that one is skipped."""
    tools = committing_tools
    look = getattr(Import, look_by)

    async def overtaken(self, whom):
        done = await look(self, whom)
        if await find(tools, "person3@example.com") is None:
            await make_user(tools, "person3@example.com")
            await make_user(tools, "fast@example.com", username="person7")
        return done

    monkeypatch.setattr(Import, look_by, overtaken)
    rows = "".join(f"person{number}@example.com,person{number}\n" for number in range(60))
    # A twin in the chunk keeps it from being written straight.
    done = await bring_in_to(tools, "email,username\n" + rows + "person0@example.com,person0\n" * twins)
    assert done.counts() == {"created": 58, "skipped": 1 + twins, "rejected": 1}
    assert done.codes == {9: ["username-taken"]}


async def test_two_imports_of_one_file_at_once_make_everybody_once(committing_tools: Tools) -> None:
    text = "email\n" + "".join(f"person{number}@example.com\n" for number in range(300))
    one, other = await asyncio.gather(
        bring_in_to(committing_tools, text, chunk=50), bring_in_to(committing_tools, text, chunk=70)
    )
    assert one.tally.rejected == other.tally.rejected == 0
    assert one.tally.created + other.tally.created == 300


async def test_knows_deleted_users_too(tools: Tools, bring_in: BringIn) -> None:
    from doorward.domain.users.delete import delete_user

    user = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, user.id)
    assert (await bring_in("email\nada@example.com\n")).counts() == {"skipped": 1}


async def test_does_not_suspend_the_last_administrator(tools: Tools, bring_in: BringIn) -> None:
    await make_user(tools, roles=["admin"])
    done = await bring_in("email,status\nada@example.com,suspended\n", existing="update")
    assert done.codes == {2: ["last-administrator"]}
