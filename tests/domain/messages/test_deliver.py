"""Mail leaves by a job: once where all is well, again where the server was away, never where it is of no use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import select

from doorward.domain.messages.deliver import deliver, purge_messages
from doorward.domain.messages.links import Issuer
from doorward.domain.messages.send import send
from doorward.domain.messages.settings import MessagesSettings
from doorward.domain.messages.tables import messages
from doorward.domain.users.delete import erase_user
from doorward.infra.database.statement import Query
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator, system
from tests.make.people import make_user
from tests.make.post import PostOffice, work
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration


class Kept(NamedTuple):
    """A message as it stands."""

    id: UUID
    kind: str
    sealed: bytes
    attempts: int
    sent_at: datetime | None
    given_up_at: datetime | None
    failure: str | None


_KEPT = Query(select(*(messages.c[name] for name in Kept._fields)).order_by(messages.c.id), Kept)


async def kept(tools: Tools) -> list[Kept]:
    async with tools.reading(operator()) as tx:
        return await tx.db.all(_KEPT)


async def write(tools: Tools, to: str = "ada@example.com", **options: object) -> bool:
    defaults = {"values": {"hours": "24"}, "link": "https://id.example.com/v1/links?token=t", "code": "12345678"}
    async with tools.writing(operator()) as tx:
        return await send(tx, "verify_email", to=to, **(defaults | options))


def ahead(tools: Tools, **by: float) -> None:
    assert isinstance(tools.clock, MovableClock)
    tools.clock.advance(**by)


async def test_sends_one_message_with_both_parts(tools: Tools, post: PostOffice) -> None:
    await write(tools)
    letter = await post.only(tools)
    assert letter.to == "ada@example.com"
    assert letter.sender == "no-reply@id.example.com"
    assert letter.message["from"] == "Doorward <no-reply@id.example.com>"
    assert letter.message["auto-submitted"] == "auto-generated"
    assert letter.code == "12345678"
    assert letter.link == "https://id.example.com/v1/links?token=t"
    assert await post.collect(tools) == []
    (row,) = await kept(tools)
    assert row.sent_at is not None
    assert row.sealed == b"", "what was sent is not kept"


async def test_writes_in_the_readers_language(tools: Tools, post: PostOffice) -> None:
    await write(tools, locale="de-AT")
    letter = await post.only(tools)
    assert letter.subject == "Bestätigen Sie Ihre E-Mail-Adresse"
    assert letter.message["content-language"] == "de"


async def test_writes_nothing_when_the_change_is_taken_back(tools: Tools, post: PostOffice) -> None:
    with pytest.raises(RuntimeError):
        async with tools.writing(operator()) as tx:
            await send(tx, "verify_email", to="ada@example.com", values={"hours": "1"})
            raise RuntimeError
    assert await post.collect(tools) == []
    assert await kept(tools) == []


@pytest.mark.parametrize("address", ["ada@bücher.example.com", "ädä@example.com"])
async def test_writes_to_addresses_beyond_ascii(tools: Tools, post: PostOffice, address: str) -> None:
    await write(tools, to=address)
    letter = await post.only(tools)
    assert letter.to == {"ada@bücher.example.com": "ada@xn--bcher-kva.example.com"}.get(address, address)


async def test_tries_again_while_the_server_is_away_and_sends_once(tools: Tools, post: PostOffice) -> None:
    post.refusing = "451 later, please"
    await write(tools)
    for attempt in range(1, 6):
        assert await post.collect(tools) == []
        (row,) = await kept(tools)
        assert (row.attempts, row.sent_at, row.failure) == (attempt, None, "recipient refused")
        # Not at once again: the pause is there, and grows.
        await work(tools)
        assert (await kept(tools))[0].attempts == attempt
        ahead(tools, minutes=16)
    post.refusing = None
    await post.only(tools)
    assert (await kept(tools))[0].sent_at is not None


async def test_makes_the_same_message_again_when_its_sending_was_not_kept(tools: Tools, post: PostOffice) -> None:
    await write(tools)
    (row,) = await kept(tools)
    with pytest.raises(RuntimeError):
        async with tools.writing(system()) as tx:
            await deliver(tx, {"message": str(row.id)})
            raise RuntimeError("the power went")
    await work(tools)
    first, second = post.letters
    assert first.message["message-id"] == f"<{row.id.hex}@id.example.com>"
    assert bytes(first.message) == bytes(second.message)


async def test_gives_up_on_a_person_whom_the_server_does_not_know(tools: Tools, post: PostOffice) -> None:
    post.refusing = "550 no such user"
    await write(tools)
    await work(tools)
    (row,) = await kept(tools)
    assert row.given_up_at is not None
    assert row.sealed == b""
    post.refusing = None
    ahead(tools, days=1)
    assert await post.collect(tools) == []


async def test_sends_nothing_that_is_of_no_use_any_more(tools: Tools, post: PostOffice) -> None:
    await write(tools, useful_for=timedelta(minutes=10))
    ahead(tools, minutes=11)
    assert await post.collect(tools) == []
    assert (await kept(tools))[0].failure == "too late"


async def test_gives_up_after_a_day(tools: Tools, post: PostOffice) -> None:
    post.refusing = "451 later, please"
    await write(tools)
    await work(tools)
    ahead(tools, hours=25)
    post.refusing = None
    assert await post.collect(tools) == []
    assert (await kept(tools))[0].given_up_at is not None


async def test_writes_nothing_where_mail_is_off(tools: Tools) -> None:
    assert tools.mailer is None
    assert not await write(tools)
    assert await kept(tools) == []


async def test_gives_up_what_was_written_before_mail_was_turned_off(tools: Tools, post: PostOffice) -> None:
    await write(tools)
    tools.mailer = None
    await work(tools)
    assert (await kept(tools))[0].failure == "mail is off"


async def test_waits_where_nobody_listens(tools: Tools, post: PostOffice, unused_tcp_port: int) -> None:
    from doorward.infra.mailer.choose import build_mailer

    tools.mailer = build_mailer(post.settings().model_copy(update={"port": unused_tcp_port}))
    await write(tools)
    await work(tools)
    assert (await kept(tools))[0].failure == "SMTPConnectError"


async def test_refuses_to_go_on_without_encryption(tools: Tools, post: PostOffice) -> None:
    # The post office offers no STARTTLS, as one would seem to whose offer somebody on the way took out.
    post.serve(tools)
    from doorward.infra.mailer.choose import build_mailer

    tools.mailer = build_mailer(post.settings().model_copy(update={"security": "starttls"}))
    await write(tools)
    assert await post.collect(tools) == []
    assert (await kept(tools))[0].sent_at is None


async def test_sends_only_some_that_strangers_ask_for(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools)
    await post.collect(tools)
    most = tools.section(MessagesSettings).most_per_hour
    asked = [await write(tools, user_id=user.id, asked_by_anyone=True) for _ in range(most + 3)]
    assert asked == [True] * most + [False] * 3
    assert len(await post.collect(tools)) == most
    # Of the hour before only the part counts that lies less than an hour ago, as if it had been spread evenly.
    ahead(tools, hours=2)
    assert await write(tools, user_id=user.id, asked_by_anyone=True)


async def test_forgets_messages_with_their_user(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools)
    await write(tools, user_id=user.id)
    async with tools.writing(operator()) as tx:
        await erase_user(tx, user.id)
    assert await kept(tools) == []


async def test_forgets_old_messages(tools: Tools, post: PostOffice) -> None:
    await write(tools)
    await work(tools)
    await write(tools)
    ahead(tools, days=31)
    async with tools.writing(system()) as tx:
        await purge_messages(tx, {})
    assert [row.sent_at for row in await kept(tools)] == [None], "what waits is not forgotten"


async def test_comes_from_the_issuers_host_where_no_sender_is_set(tools: Tools, post: PostOffice) -> None:
    changed(tools, MailSettings, from_address=None)
    tools.hold(Issuer).url = "https://id.example.org:8443"
    await write(tools)
    assert (await post.only(tools)).sender == "no-reply@id.example.org"
