"""What an import does with a user who is there already."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from doorward.domain.credentials.keep import add_credential, credentials_of
from doorward.domain.roles.events import RoleGranted
from doorward.domain.roles.holders import give
from doorward.domain.transfer.check import Person
from doorward.domain.users.create_many import Known
from doorward.domain.users.emails import add_email, list_emails, make_primary, verify_email
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.domain.users.update import ADMINISTRATION_FIELDS, update_user
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import ROLE, encode

PASSWORD: Final = "password"  # noqa: S105 - the name of a method


def match(person: Person, known: Known) -> UserRow | None:
    """The user that a person of a file is: by id, else by external id, else by email address; None for somebody new.

    Raises EmailTaken for an address of somebody who has another external id: that is another person.
    """
    account = person.account
    external_id = account.user.external_id
    if person.has_id and account.id in known.by_id:
        return known.by_id[account.id]
    if external_id is not None and external_id in known.by_external_id:
        return known.by_external_id[external_id]
    owner = known.by_email_key.get(account.user.email.key)
    row = known.by_id.get(owner) if owner is not None else None
    if row is not None and external_id is not None and row.external_id is not None:
        raise EmailTaken
    return row


def refuse_taken(person: Person, known: Known) -> None:
    """Raises UsernameTaken or EmailTaken where somebody new would have what another has. The database has the last word."""
    username = person.account.user.username
    if username is not None and username.key in known.by_username_key:
        raise UsernameTaken
    if any(email.key in known.by_email_key for email, _ in person.account.more_emails):
        raise EmailTaken(pointer="/more_verified_emails")


def profile_changes(person: Person, row: UserRow) -> dict[str, Any]:
    """The fields of a profile in which the file says something else than the database."""
    user = person.account.user
    said: dict[str, Any] = {
        name: getattr(user, name) for name in person.given & ADMINISTRATION_FIELDS if name != "username"
    }
    if user.username is not None:
        said["username"] = user.username.display
    return {name: value for name, value in said.items() if value != getattr(row, name)}


def is_unchanged(person: Person, row: UserRow, roles: Collection[str], *, has_password: bool) -> bool:
    """Whether an update would change nothing, as far as that can be told from what was read of many users at once."""
    account = person.account
    return (
        not profile_changes(person, row)
        and account.user.email.display.lower() == row.email.lower()
        and (row.email_verified or not account.user.email_verified)
        and ("status" not in person.given or account.status == row.status)
        and not account.more_emails
        and set(person.roles) <= set(roles)
        and (has_password or person.password_hash is None)
    )


async def update_existing(tx: Tx, row: UserRow, person: Person) -> None:
    """Makes an existing user what the file says. What the file leaves empty stays.

    Roles and addresses are added and never taken. A password is set only where there is none: people change theirs, and an
    old file must not bring the old ones back. Raises what the single changes raise.
    """
    account = person.account
    changes = profile_changes(person, row)
    if changes:
        await update_user(tx, row.id, changes)
    await _update_emails(tx, row.id, person)
    if "status" in person.given and account.status != row.status:
        if account.status == "suspended":
            await suspend_user(tx, row.id, reason=account.suspended_reason, until=account.suspended_until)
        else:
            await reinstate_user(tx, row.id)
    for name, role_id in person.roles.items():
        if await give(tx, row.id, role_id):
            tx.emit(RoleGranted(user_id=row.id, target=encode(ROLE, role_id), name=name))
    if person.password_hash is not None and not await credentials_of(tx, row.id, PASSWORD):
        await add_credential(tx, user_id=row.id, method=PASSWORD, data={"hash": person.password_hash})


async def _update_emails(tx: Tx, user_id: UUID, person: Person) -> None:
    user = person.account.user
    own = {row.address_key: row for row in await list_emails(tx, user_id)}
    said = [(user.email, user.email_verified), *person.account.more_emails]
    for email, verified in said:
        present = own.get(email.key)
        if present is None:
            own[email.key] = await add_email(tx, user_id, email.display, verified=verified)
        elif verified and present.verified_at is None:
            await verify_email(tx, user_id, present.id)
    if not own[user.email.key].is_primary:
        await make_primary(tx, user_id, own[user.email.key].id)
