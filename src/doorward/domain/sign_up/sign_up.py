"""Sign up: make an account for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from doorward.domain.invitations.accept import OpenInvitation, accept_invitation, open_invitation
from doorward.domain.methods.method import Answers, Proof
from doorward.domain.methods.passkey.enroll import store_passkey
from doorward.domain.methods.passkey.prove import NewPasskeyProof, memory_of_newcomer
from doorward.domain.methods.passkey.stored import NAME as PASSKEY
from doorward.domain.methods.passkey.stored import from_data, to_data
from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, store_first
from doorward.domain.methods.password.prove import NAME as PASSWORD
from doorward.domain.risk.challenges import require_challenge
from doorward.domain.risk.devices import Client
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.answer import answer_attempt
from doorward.domain.sign_in.attempts import Attempt, Kept, new_attempt
from doorward.domain.sign_in.begin import first_attempt
from doorward.domain.sign_in.complete import Complete, Pending, ask
from doorward.domain.sign_in.funnel import count_step
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.trace import Trace
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.users.create import insert_user
from doorward.domain.users.emails import find_address, is_settled, primary_address, release_address
from doorward.domain.users.find import find_by_identifier, identifier_mac
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import EmailRow, UserRow
from doorward.domain.verification.ask import start_verification
from doorward.domain.verification.method import NAME as EMAIL_VERIFICATION
from doorward.domain.verification.newcomer import memory_of_address, tell_owner
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import new_id
from doorward.kernel.problem import FieldError, InvalidInput


async def sign_up(
    tx: Tx,
    fields: Mapping[str, Any],
    *,
    password: str | None,
    invitation: str | None = None,
    challenge: str | None = None,
) -> UserRow | Pending:
    """Makes an account. fields: email, and username and name if given. invitation: the token of its link. password: without
    one the answer is a sign-up to carry on with a passkey, and the account is made when that is there. challenge: see
    `risk.challenges`; who is invited needs none.

    Where existing addresses are hidden, the answer is a sign-in to carry on, for new and for known addresses alike; where
    they must be verified too, a sign-up that only the code of the mail finishes.
    Raises SignUpClosed, ChallengeRequired, LinkInvalid, UsernameTaken, EmailTaken (where not hidden), InvalidInput or HashingBusy.
    """
    user, opened = await _admit(tx, fields, invitation)
    if opened is None:
        await require_challenge(tx, challenge)
    settings = tx.section(SignUpSettings)
    hides = settings.hide_existing and opened is None
    # Nothing is made before the address is shown: what could be signed in to by now would tell that it was free.
    waits = hides and settings.verify_email == "required" and tx.tools.mailer is not None
    username = user.username.display if user.username else None
    new: dict[str, Any] = {"fields": dict(fields), "invitation": invitation, "hides": hides, "waits": waits}
    if password is None:
        return await _by_passkey(tx, user, new)
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    if waits:
        return await _by_password(tx, user, new | {"password": hashed.encoded, "breached": hashed.breached})
    if hides:
        return await _quietly(tx, user, hashed)
    return await _make(tx, user, hashed, opened)


async def _admit(tx: Tx, fields: Mapping[str, Any], invitation: str | None) -> tuple[NewUser, OpenInvitation | None]:
    """Who wants to sign up, if they may. Raises SignUpClosed, LinkInvalid or InvalidInput."""
    settings = tx.section(SignUpSettings)
    opened = None if invitation is None else await open_invitation(tx, invitation)
    if opened is None and settings.mode in {"closed", "invite"}:
        raise SignUpClosed
    user = check_new_user(fields, tx.section(UsersSettings))
    if opened is not None:
        if user.email.key != opened.row.address_key:
            raise InvalidInput(
                FieldError("/email", "invitation-other-address", "Use the address that the invitation was sent to.")
            )
        # The link came by mail to that very address.
        user = user._replace(email_verified=True)
    elif not settings.takes(user.email.key):
        raise SignUpClosed
    return user, opened


async def _make(
    tx: Tx,
    user: NewUser,
    hashed: HashedPassword | None,
    opened: OpenInvitation | None = None,
    *,
    user_id: UUID | None = None,
) -> UserRow:
    """Makes the account, and whatever follows from its address. hashed: None where a passkey follows."""
    verify = tx.section(SignUpSettings).verify_email
    if verify != "off" or opened is not None:
        await release_address(tx, user.email.key)
    row = await insert_user(tx, user, source="sign-up", user_id=user_id)
    if hashed is not None:
        await store_first(tx, row.id, hashed)
    if opened is not None:
        await accept_invitation(tx, opened, row.id)
    elif verify != "off" and not user.email_verified and tx.tools.mailer is not None:
        email = await primary_address(tx, row.id)
        if email is not None:
            await start_verification(tx, email)
    return row


async def answer_sign_up(
    tx: Tx,
    *,
    attempt: str,
    answers: Answers,
    kind: SessionKind,
    client: Client = Client(),  # noqa: B008 - it is a value and never changes
) -> Complete | Pending:
    """Answers prompts of a sign-in, or of a sign-up, which ends in an account and a session or in neither.

    Raises what `answer_sign_in` does; at the end of a sign-up also EmailTaken, UsernameTaken, SignUpClosed, LinkInvalid and
    PasskeyTaken.
    """
    return await answer_attempt(
        tx, attempt=attempt, answers=answers, kind=kind, client=client, stepping_up=False, make_account=_make_account
    )


async def _by_passkey(tx: Tx, user: NewUser, new: Mapping[str, Any]) -> Pending:
    """Asks for a passkey. Whether the address is free is decided when it is there; what is known now is told now."""
    address = None if new["waits"] else await find_address(tx, user.email.display)
    if address is not None and not _is_released(tx, address, invited=new["invitation"] is not None):
        if not new["hides"]:
            raise EmailTaken
        await _tell_owner(tx, user)
    attempt = await _newcomer(tx, user, new)
    username = user.username.display if user.username else None
    attempt.memory[PASSKEY] = memory_of_newcomer(user.email.display, user.name or username or user.email.display)
    return await ask(tx, attempt)


async def _by_password(tx: Tx, user: NewUser, new: Mapping[str, Any]) -> Pending:
    """Asks for the code of the mail; the password was chosen already, and is proved by having been."""
    attempt = await _newcomer(tx, user, new)
    attempt.proofs.append(Kept(PASSWORD, ("pwd",), frozenset({"knowledge"}), None, None))
    _ask_for_address(attempt, user, new_id())
    return await ask(tx, attempt)


async def _newcomer(tx: Tx, user: NewUser, new: Mapping[str, Any]) -> Attempt:
    """A sign-up to carry on. Raises UsernameTaken: usernames are public by nature."""
    if user.username is not None and await find_by_identifier(tx, user.username.display):
        raise UsernameTaken
    # Wrong codes count for the address, and apart from those at signing in: they may lock nobody out, and tell nothing.
    attempt = new_attempt(None, identifier=f"sign-up/{identifier_mac(tx, user.email.display)}", aim="sign-up")
    attempt.stage = "sign-up"
    attempt.new_user = new
    return attempt


def _ask_for_address(attempt: Attempt, user: NewUser, user_id: UUID) -> None:
    attempt.stage = "verify-email"
    attempt.memory[EMAIL_VERIFICATION] = memory_of_address(user.email.display, user_id, locale=user.locale)


def _is_released(tx: Tx, address: EmailRow, *, invited: bool) -> bool:
    """Whether signing up takes the address away from whoever has it (see `release_address`)."""
    asked = invited or tx.section(SignUpSettings).verify_email != "off"
    return asked and not is_settled(address)


async def _make_account(tx: Tx, attempt: Attempt, proof: Proof) -> bool:
    """Makes the account of a sign-up, which goes on as a sign-in; no where the address has to be shown first."""
    new = attempt.new_user
    if new is None:
        raise AttemptInvalid
    user, opened = await _admit(tx, new["fields"], new["invitation"])
    # One that an earlier version began says nothing of it.
    waits = new.get("waits", False)
    if waits and isinstance(proof, NewPasskeyProof):
        attempt.memory[PASSKEY] = {"made": to_data(proof.made)}
        attempt.proofs.append(Kept(proof.method, proof.amr, proof.factors, None, None))
        _ask_for_address(attempt, user, proof.user_id)
        return False
    attempt.aim, attempt.new_user = "sign-in", None
    count_step(tx, attempt.aim, "begun")
    if not waits:
        try:
            await _make(tx, user, None, opened, user_id=proof.user_id)
        except EmailTaken:
            if new["hides"]:
                raise SignInFailed from None
            raise
        return True
    hashed = HashedPassword(new["password"], new["breached"]) if "password" in new else None
    # Whoever reads its mail may be told that it is taken by now.
    await _make(tx, user._replace(email_verified=True), hashed, user_id=proof.user_id)
    if hashed is None:
        await store_passkey(tx, proof.user_id, from_data(attempt.memory.pop(PASSKEY)["made"]))
    return True


async def _quietly(tx: Tx, user: NewUser, hashed: HashedPassword) -> Pending:
    """Makes the account in a transaction of its own, which a known address rolls back, and answers a sign-in either way.

    A taken username is still told: usernames are public by nature.
    """
    try:
        async with tx.tools.writing(tx.actor) as making:
            await _make(making, user, hashed)
    except EmailTaken:
        # Who knows the account's password may carry on and sign in; to everybody else it looks like a new account.
        await _tell_owner(tx, user)
    count_step(tx, "sign-in", "begun")
    return await ask(tx, await first_attempt(tx, user.email.display, Trace()))


async def _tell_owner(tx: Tx, user: NewUser) -> None:
    """Tells whoever has the address that they have an account already, which the one who signed up is not told."""
    known = await find_address(tx, user.email.display)
    if known is not None and is_settled(known):
        await tell_owner(tx, known)
