"""Administrators invite by mail; the link makes one account, with its roles and a verified address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.domain.invitations.accept import purge_invitations
from doorward.domain.invitations.invite import Invited, invite, list_invitations, revoke_invitation
from doorward.domain.invitations.problems import InvitationNotFound
from doorward.domain.one_time.links import look_at_link
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.sign_up.sign_up import sign_up
from doorward.domain.users.grant import list_roles_of
from doorward.domain.users.problems import EmailTaken
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import UserRow
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, anonymous, operator, system
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.people import PASSWORD, make_user
from tests.make.post import PostOffice
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration


async def invited(
    tools: Tools, email: str = "ada@example.com", actor: Actor | None = None, **options: object
) -> Invited:
    async with tools.writing(actor or operator()) as tx:
        return await invite(tx, email, **options)  # type: ignore[arg-type]  # the tests name the options


async def joined(tools: Tools, token: str | None = None, email: str = "ada@example.com") -> UserRow:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        row = await sign_up(tx, {"email": email}, password=PASSWORD, invitation=token)
    assert isinstance(row, UserRow)
    return row


async def open_ones(tools: Tools) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [row.address for row in (await list_invitations(tx)).items]


@pytest.mark.parametrize("mode", ["open", "domains", "invite", "closed"])
async def test_makes_an_account_with_its_roles_in_every_mode(tools: Tools, post: PostOffice, mode: str) -> None:
    changed(tools, SignUpSettings, mode=mode)
    made = await invited(tools, roles=["support"], locale="de")
    assert made.link is None
    letter = await post.only(tools)
    assert (letter.to, letter.subject) == ("ada@example.com", "Einladung zu Doorward")
    async with tools.reading(anonymous()) as tx:
        seen = await look_at_link(tx, letter.token)
    assert (seen.purpose, seen.needs) == ("invitation", "sign-up")
    row = await joined(tools, letter.token, "ADA@example.com")
    assert row.email_verified
    async with tools.reading(operator()) as tx:
        assert [role.name for role in await list_roles_of(tx, row.id)] == ["support"]
    assert await open_ones(tools) == []
    assert await post.collect(tools) == [], "nobody is asked to verify what the link has shown"
    assert "invitation.accepted" in [event.type for event in await logged(tools, user_id=row.id)]
    with pytest.raises(LinkInvalid):
        await joined(tools, letter.token)


async def test_lets_only_the_invited_in(tools: Tools) -> None:
    made = await invited(tools, by_mail=False)
    assert made.link is not None
    token = made.link.partition("token=")[2]
    changed(tools, SignUpSettings, mode="invite")
    with pytest.raises(InvalidInput) as refused:
        await joined(tools, token, "eve@example.com")
    assert refused.value.errors[0].code == "invitation-other-address"
    with pytest.raises(SignUpClosed):
        await joined(tools)
    for text in ("", "dwin_x", token[:-2]):
        with pytest.raises(LinkInvalid):
            await joined(tools, text)
    await joined(tools, token)


async def test_lets_domains_in(tools: Tools) -> None:
    settings = SignUpSettings(mode="domains", domains=["example.com", "*.example.org"])
    changed(tools, SignUpSettings, **settings.model_dump())
    await joined(tools, email="ada@EXAMPLE.com")
    await joined(tools, email="ada@mail.example.org")
    for email in ("ada@example.org", "ada@notexample.com", "ada@example.com.example.net"):
        with pytest.raises(SignUpClosed):
            await joined(tools, email=email)


async def test_gives_the_link_where_no_mail_takes_it(tools: Tools) -> None:
    assert tools.mailer is None
    made = await invited(tools)
    assert made.link is not None
    await joined(tools, made.link.partition("token=")[2])


async def test_replaces_an_earlier_invitation(tools: Tools) -> None:
    first, second = [await invited(tools, email) for email in ("ada@example.com", "ADA@example.com")]
    assert await open_ones(tools) == ["ADA@example.com"]
    assert first.link is not None
    assert second.link is not None
    with pytest.raises(LinkInvalid):
        await joined(tools, first.link.partition("token=")[2])
    await joined(tools, second.link.partition("token=")[2])


async def test_takes_an_invitation_back(tools: Tools) -> None:
    made = await invited(tools)
    async with tools.writing(operator()) as tx:
        await revoke_invitation(tx, made.row.id)
    assert await open_ones(tools) == []
    assert made.link is not None
    with pytest.raises(LinkInvalid):
        await joined(tools, made.link.partition("token=")[2])
    with pytest.raises(InvitationNotFound):
        async with tools.writing(operator()) as tx:
            await revoke_invitation(tx, made.row.id)


async def test_ends_with_time_and_is_forgotten(tools: Tools) -> None:
    assert isinstance(tools.clock, MovableClock)
    made = await invited(tools)
    tools.clock.advance(days=8)
    assert made.link is not None
    with pytest.raises(LinkInvalid):
        await joined(tools, made.link.partition("token=")[2])
    assert await open_ones(tools) == []
    # An invitation that ran out stands in nobody's way.
    await invited(tools)
    tools.clock.advance(days=40)
    async with tools.writing(system()) as tx:
        await purge_invitations(tx, {})
    await invited(tools)


async def test_asks_for_permission_and_grants_nothing_beyond_ones_own(tools: Tools) -> None:
    member = await make_user(tools, "member@example.com")
    with pytest.raises(Forbidden):
        await invited(tools, actor=as_user(member))
    with pytest.raises(Unauthenticated):
        await invited(tools, actor=anonymous())
    writer = as_user(member, "users:write", "roles:write")
    with pytest.raises(Forbidden):
        await invited(tools, actor=writer, roles=["admin"])
    with pytest.raises(RoleNotFound):
        await invited(tools, roles=["nothing"])
    with pytest.raises(RoleBuiltIn):
        await invited(tools, roles=["member"])
    with pytest.raises(Forbidden):
        async with tools.reading(as_user(member)) as tx:
            await list_invitations(tx)


async def test_invites_nobody_who_has_an_account(tools: Tools) -> None:
    await make_user(tools)
    with pytest.raises(EmailTaken):
        await invited(tools, "Ada@example.com")


async def test_lists_page_by_page(tools: Tools) -> None:
    for number in range(5):
        await invited(tools, f"guest{number}@example.com")
    async with tools.reading(operator()) as tx:
        first = await list_invitations(tx, limit=3)
        rest = await list_invitations(tx, limit=3, cursor=first.next_cursor)
    assert [row.address[5] for row in (*first.items, *rest.items)] == ["4", "3", "2", "1", "0"]
    assert (first.has_more, rest.has_more) == (True, False)
    assert first.items[0].expires_at - first.items[0].created_at == timedelta(days=7)
