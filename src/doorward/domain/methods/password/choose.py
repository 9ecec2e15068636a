"""Choose a password: for a new account, to change one's own, or for somebody else as an administrator."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from doorward.domain.credentials.keep import add_credential, credentials_of, remove_credentials, replace_data
from doorward.domain.methods.password.breached import is_breached, refusal
from doorward.domain.methods.password.events import PasswordBreached, PasswordChanged
from doorward.domain.methods.password.problems import CurrentPasswordWrong, PasswordForOwnerOnly
from doorward.domain.methods.password.prove import NAME, check
from doorward.domain.methods.password.rules import check_password
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.risk.failures import Subject, was_right, was_wrong
from doorward.domain.risk.guessing import guessing
from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.recent import require_recent
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.find import find_user, lock_user
from doorward.domain.users.permissions import WRITE_ME, WRITE_USERS
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.sign_in_settings import SignInSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require
from doorward.kernel.problem import InvalidInput


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password that passed the policy, hashed. breached: it is known from breaches, which the operator only warns of."""

    encoded: str = field(repr=False)
    breached: bool = False


def personal_words(*texts: str | None) -> list[str]:
    """What a password may not be built on, from the user's own data."""
    return [text for text in texts if text]


async def hash_new(tx: Tx, password: str, *, personal: list[str], pointer: str = "/password") -> HashedPassword:
    """Checks a password against the policy and hashes it; before the first change of a transaction.

    Raises InvalidInput, PasswordTooLongForScheme or HashingBusy.
    """
    check_password(
        password,
        tx.section(PasswordSettings),
        personal=personal,
        second_factor_required=tx.section(SignInSettings).everybody_has_two,
        pointer=pointer,
    )
    breached = await is_breached(tx, password)
    if breached and tx.section(PasswordSettings).breached == "block":
        raise InvalidInput(refusal(pointer))
    async with tx.paused():
        return HashedPassword(await tx.tools.hashing.hash(password), breached)


async def store_first(tx: Tx, user_id: UUID, password: HashedPassword) -> None:
    """Gives a new user their password."""
    await add_credential(tx, user_id=user_id, method=NAME, data={"hash": password.encoded})
    if password.breached:
        tx.emit(PasswordBreached(user_id=user_id))


async def change_my_password(tx: Tx, *, current: str | None, new: str) -> None:
    """Changes one's own password and ends all other sessions. current: not needed by who has none yet.

    Raises CurrentPasswordWrong, TooManyAttempts, StepUpRequired (to who has none yet), or InvalidInput when the new one is
    against the policy.
    """
    require(tx.actor, WRITE_ME)
    if tx.actor.user_id is None:
        raise UserNotFound
    user = await find_user(tx, tx.actor.user_id)
    personal = personal_words(user.email, user.username, user.name)
    if not await credentials_of(tx, user.id, NAME):
        require_recent(tx)
        first = await hash_new(tx, new, personal=personal, pointer="/new_password")
        await lock_user(tx, user.id)
        await put_password(tx, user.id, first, keep_session=tx.actor.session_id)
        return
    # A stolen session must not be the place to guess the password at.
    async with guessing(tx, Subject(user.id, address=tx.actor.origin.address)) as guess:
        proof = await check(tx, user.id, current or "")
        hashed = await hash_new(tx, new, personal=personal, pointer="/new_password") if proof is not None else None
    if proof is None or hashed is None:
        await was_wrong(tx, guess)
        raise CurrentPasswordWrong
    await lock_user(tx, user.id)
    if not await proof.keep(tx):
        # Somebody else changed it while we were hashing; it was right when it was compared.
        await was_right(tx, guess)
        raise CurrentPasswordWrong
    await was_right(tx, guess)
    await put_password(tx, user.id, hashed, keep_session=tx.actor.session_id)


def require_choice(tx: Tx) -> None:
    """Raises PasswordForOwnerOnly where administrators choose no passwords for others."""
    if not tx.section(PasswordSettings).set_by_administrators:
        raise PasswordForOwnerOnly


async def set_password(tx: Tx, user_id: UUID, new: str) -> None:
    """Sets somebody's password as an administrator and ends all their sessions.

    Raises UserNotFound, PasswordForOwnerOnly, StepUpRequired or InvalidInput.
    """
    require(tx.actor, WRITE_USERS)
    require_choice(tx)
    require_recent(tx)
    await require_rank(tx, user_id)
    user = await find_user(tx, user_id)
    hashed = await hash_new(tx, new, personal=personal_words(user.email, user.username, user.name))
    await lock_user(tx, user_id)
    await put_password(tx, user_id, hashed, keep_session=None)


async def take_password(tx: Tx, user_id: UUID) -> bool:
    """Takes a user's password away, so that nobody gets in by it; answers whether there was one. For other slices."""
    return bool(await remove_credentials(tx, user_id, NAME))


async def put_password(tx: Tx, user_id: UUID, hashed: HashedPassword, *, keep_session: UUID | None) -> None:
    """Puts a password in the place of the one there is, if any, and ends the user's sessions but one.

    The caller has asked for permission or proof, and holds the user's row.
    """
    stored = await credentials_of(tx, user_id, NAME)
    if stored:
        await replace_data(tx, stored[0], {"hash": hashed.encoded})
        if hashed.breached:
            tx.emit(PasswordBreached(user_id=user_id))
    else:
        await store_first(tx, user_id, hashed)
    await end_sessions(tx, user_id=user_id, reason="password-changed", except_id=keep_session)
    tx.emit(PasswordChanged(user_id=user_id))
