"""A user's email addresses: see, add, remove, verify, make primary."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.sessions.recent import require_recent
from doorward.domain.users import store
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.events import EmailAdded, EmailRemoved, EmailVerified, PrimaryEmailChanged
from doorward.domain.users.permissions import READ_ME, READ_USERS, WRITE_ME, WRITE_USERS
from doorward.domain.users.problems import EmailIsPrimary, EmailNotFound, EmailNotVerified, UserNotFound
from doorward.domain.users.rules.email_address import check_email, email_key
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import EmailRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import EMAIL, encode, new_id
from doorward.kernel.permission import require
from doorward.kernel.problem import FieldError, InvalidInput

_MOST_ADDRESSES = 10
_PRIMARY = store.change("email", "email_key", "email_verified", "updated_at")
_VERIFIED = store.change("email_verified", "updated_at")


async def _may(tx: Tx, user_id: UUID, *, change: bool) -> bool:
    """Raises unless it is the actor's own account, proved lately for a change, or the actor may see or change any; answers
    whether it is their own.
    """
    own = tx.actor.user_id == user_id
    if own:
        require(tx.actor, WRITE_ME if change else READ_ME)
        if change:
            # Who can read mail to an address of the account can recover it.
            require_recent(tx)
    else:
        require(tx.actor, WRITE_USERS if change else READ_USERS)
        if change:
            await require_rank(tx, user_id)
    return own


async def list_emails(tx: Tx, user_id: UUID) -> list[EmailRow]:
    """The addresses of a user, oldest first. Raises UserNotFound."""
    await _may(tx, user_id, change=False)
    rows = await tx.db.all(store.EMAILS, user_id=user_id)
    if not rows:
        raise UserNotFound
    return rows


async def add_email(tx: Tx, user_id: UUID, address: str, *, verified: bool = False) -> EmailRow:
    """Adds an address. Only administrators may call it verified. Raises EmailTaken, UserNotFound or InvalidInput."""
    await _may(tx, user_id, change=True)
    if verified:
        require(tx.actor, WRITE_USERS)
    email = check_email(address, tx.section(UsersSettings), "/address")
    if await tx.db.first(store.LOCK, id=user_id) is None:
        raise UserNotFound
    if len(await tx.db.all(store.EMAILS, user_id=user_id)) >= _MOST_ADDRESSES:
        raise InvalidInput(
            FieldError("/address", "email-too-many", f"An account has at most {_MOST_ADDRESSES} addresses. Remove one.")
        )
    row = EmailRow(
        id=new_id(),
        user_id=user_id,
        address=email.display,
        address_key=email.key,
        is_primary=False,
        verified_at=tx.now if verified else None,
        created_at=tx.now,
    )
    await tx.db.run(store.INSERT_EMAIL, **row._asdict())
    tx.emit(EmailAdded(user_id=user_id, target=encode(EMAIL, row.id), email=row.address))
    return row


async def remove_email(tx: Tx, user_id: UUID, email_id: UUID) -> None:
    """Removes an address that is not the primary one. Raises EmailNotFound or EmailIsPrimary."""
    await _may(tx, user_id, change=True)
    row = await _find(tx, user_id, email_id)
    if not await tx.db.run(store.REMOVE_EMAIL, id=email_id, user_id=user_id):
        raise EmailIsPrimary
    tx.emit(EmailRemoved(user_id=user_id, target=encode(EMAIL, email_id), email=row.address))


async def verify_email(tx: Tx, user_id: UUID, email_id: UUID) -> EmailRow:
    """Marks an address as verified, as an administrator who knows it to be. Raises EmailNotFound."""
    require(tx.actor, WRITE_USERS)
    await require_rank(tx, user_id)
    row = await confirm_address(tx, user_id, email_id)
    if row is None:
        raise EmailNotFound
    return row


async def confirm_address(tx: Tx, user_id: UUID, email_id: UUID) -> EmailRow | None:
    """Marks an address as verified, for other slices to whom somebody showed that it is theirs; None when it is gone."""
    if await tx.db.first(store.LOCK, id=user_id) is None:
        return None
    row = await tx.db.first(store.FIND_EMAIL, id=email_id, user_id=user_id)
    if row is not None and await tx.db.run(store.VERIFY_EMAIL, id=email_id, now=tx.now):
        if row.is_primary:
            await tx.db.first(_VERIFIED, id=user_id, email_verified=True, updated_at=tx.now)
        tx.emit(EmailVerified(user_id=user_id, target=encode(EMAIL, email_id)))
        return row._replace(verified_at=tx.now)
    return row


async def find_address(tx: Tx, text: str) -> EmailRow | None:
    """The address in any spelling, whosever it is. For other slices: asks no permission."""
    key = email_key(text)
    return None if key is None else await tx.db.first(store.EMAIL_BY_KEY, key=key)


def is_settled(row: EmailRow) -> bool:
    """Whether an address is its account's: not one that somebody added and never showed to be theirs."""
    return row.is_primary or row.verified_at is not None


async def find_own_address(tx: Tx, user_id: UUID, email_id: UUID) -> EmailRow | None:
    """One address of a user. For other slices: asks no permission."""
    return await tx.db.first(store.FIND_EMAIL, id=email_id, user_id=user_id)


async def primary_address(tx: Tx, user_id: UUID) -> EmailRow | None:
    """The primary address of a user. For other slices: asks no permission."""
    return await tx.db.first(store.PRIMARY_EMAIL, user_id=user_id)


async def addresses_of(tx: Tx, user_id: UUID) -> list[EmailRow]:
    """The addresses of a user, oldest first. For other slices: asks no permission."""
    return await tx.db.all(store.EMAILS, user_id=user_id)


async def drop_address(tx: Tx, row: EmailRow) -> None:
    """Takes an address away that is not the primary one. For other slices: asks no permission."""
    if await tx.db.run(store.REMOVE_EMAIL, id=row.id, user_id=row.user_id):
        tx.emit(EmailRemoved(user_id=row.user_id, target=encode(EMAIL, row.id), email=row.address))


async def release_address(tx: Tx, key: str) -> None:
    """Takes an address away from whoever added it and never showed that it is theirs. For signing up with it."""
    row = await tx.db.first(store.RELEASE_EMAIL, key=key)
    if row is not None:
        tx.emit(EmailRemoved(user_id=row.user_id, target=encode(EMAIL, row.id), email=row.address))


async def put_back_primary(tx: Tx, user_id: UUID, *, address: str, key: str) -> None:
    """Makes an address the primary one again that was it before, and verified, also when it was removed meanwhile.

    For other slices: asks no permission. The caller holds the user's row. Raises EmailTaken.
    """
    row = await tx.db.first(store.EMAIL_BY_KEY, key=key)
    if row is None or row.user_id != user_id:
        # Somebody else's by now: the database says so.
        row = EmailRow(new_id(), user_id, address, key, is_primary=False, verified_at=tx.now, created_at=tx.now)
        await tx.db.run(store.INSERT_EMAIL, **row._asdict())
        tx.emit(EmailAdded(user_id=user_id, target=encode(EMAIL, row.id), email=address))
    if row.verified_at is None:
        await tx.db.run(store.VERIFY_EMAIL, id=row.id, now=tx.now)
        row = row._replace(verified_at=tx.now)
    if not row.is_primary:
        await _set_primary(tx, row)


async def make_primary(tx: Tx, user_id: UUID, email_id: UUID) -> EmailRow:
    """Makes an address the primary one. On one's own account it must be verified. Raises EmailNotFound, EmailNotVerified."""
    own = await _may(tx, user_id, change=True)
    if await tx.db.first(store.LOCK, id=user_id) is None:
        raise EmailNotFound
    row = await _find(tx, user_id, email_id)
    if row.is_primary:
        return row
    if own and row.verified_at is None:
        raise EmailNotVerified
    previous = await primary_address(tx, user_id)
    await _set_primary(tx, row)
    tx.emit(
        PrimaryEmailChanged(
            user_id=user_id,
            target=encode(EMAIL, email_id),
            previous=encode(EMAIL, previous.id) if previous is not None else None,
        )
    )
    return row._replace(is_primary=True)


async def _set_primary(tx: Tx, row: EmailRow) -> None:
    await tx.db.run(store.UNSET_PRIMARY, user_id=row.user_id)
    await tx.db.run(store.SET_PRIMARY, id=row.id, user_id=row.user_id)
    await tx.db.first(
        _PRIMARY,
        id=row.user_id,
        email=row.address,
        email_key=row.address_key,
        email_verified=row.verified_at is not None,
        updated_at=tx.now,
    )


async def _find(tx: Tx, user_id: UUID, email_id: UUID) -> EmailRow:
    row = await tx.db.first(store.FIND_EMAIL, id=email_id, user_id=user_id)
    if row is None:
        raise EmailNotFound
    return row
