"""Make a passkey part of an account: while signing in, with a new account, or added to one's own."""

from __future__ import annotations

import asyncio
import importlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from doorward.domain.access.recent import require_recent
from doorward.domain.credentials.keep import add_credential, credentials_of, unseal
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.credentials import check_label
from doorward.domain.methods.passkey.answer import NotAccepted, challenge_of
from doorward.domain.methods.passkey.authenticators import name_of
from doorward.domain.methods.passkey.events import PasskeyAdded
from doorward.domain.methods.passkey.options import creation_options
from doorward.domain.methods.passkey.problems import PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys
from doorward.domain.methods.passkey.relying_party import relying_party
from doorward.domain.methods.passkey.settings import PasskeySettings
from doorward.domain.methods.passkey.stored import NAME, Passkey, from_data, to_data
from doorward.domain.one_time.values import Kind, link_of, make_value, read_link, spend
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.users.find import find_user, lock_user
from doorward.domain.users.permissions import WRITE_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.problems import Conflict
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import CREDENTIAL, encode
from doorward.kernel.permission import require

if TYPE_CHECKING:
    from types import ModuleType

# How a session names that nothing but a mailbox was shown.
_MAILBOX: Final = frozenset({"email"})
_ENROLLMENT: Final = Kind("passkey-enrollment", "pk")
# As long as may be: it says nothing, and nobody guesses or compares it (WebAuthn section 14.6.1).
_HANDLE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a passkey is made for. name: what tells their accounts apart. existing: the passkeys they have."""

    name: str
    display_name: str
    handle: bytes = field(default_factory=lambda: secrets.token_bytes(_HANDLE_BYTES))
    existing: tuple[Passkey, ...] = ()


async def passkeys_of(tx: Tx, user_id: UUID) -> tuple[Passkey, ...]:
    """The passkeys of a user, oldest first."""
    return tuple(from_data(unseal(tx.tools.sealer, row)) for row in await credentials_of(tx, user_id, NAME))


async def holder_of(tx: Tx, user_id: UUID) -> Holder:
    """A user as authenticators know them: by one random handle in all their passkeys. Raises UserNotFound."""
    user = await find_user(tx, user_id)
    existing = await passkeys_of(tx, user_id)
    name = user.email or user.username or "account"
    display_name = user.name or user.username or name
    if existing:
        return Holder(name, display_name, existing[0].handle, existing)
    return Holder(name, display_name)


def ask_for_new(tx: Tx, holder: Holder, challenge: bytes) -> dict[str, Any]:
    """What the browser is asked to make a passkey."""
    settings = tx.section(PasskeySettings)
    return creation_options(
        relying_party(tx),
        challenge,
        handle=holder.handle,
        name=holder.name,
        display_name=holder.display_name,
        existing=holder.existing,
        wants_attestation=bool(settings.allow_aaguids or settings.attestation_roots),
    )


async def checks() -> ModuleType:
    """The module `ceremony`: imported when the first passkey is looked at, in a thread so that nobody waits for it."""
    return await asyncio.to_thread(importlib.import_module, "doorward.domain.methods.passkey.ceremony")


async def check_made(tx: Tx, credential: Mapping[str, Any], *, challenge: bytes, handle: bytes) -> Passkey:
    """The passkey that an answer made. Raises PasskeyNotAccepted."""
    settings = tx.section(PasskeySettings)
    ceremony = await checks()
    roots = () if settings.attestation_roots is None else await asyncio.to_thread(_roots, settings.attestation_roots)
    try:
        made: Passkey = ceremony.check_new(
            credential, challenge=challenge, party=relying_party(tx), handle=handle, roots=roots
        )
    except NotAccepted as refused:
        raise PasskeyNotAccepted(refused.reason) from None
    if settings.allow_aaguids and made.aaguid not in {str(each) for each in settings.allow_aaguids}:
        raise PasskeyNotAccepted("aaguid")
    return made


async def store_passkey(tx: Tx, user_id: UUID, made: Passkey, *, label: str | None = None) -> CredentialRow:
    """Adds a passkey that was checked. Raises TooManyPasskeys, PasskeyTaken or PasskeyNotAccepted."""
    await lock_user(tx, user_id)
    existing = await passkeys_of(tx, user_id)
    most = tx.section(PasskeySettings).most_per_user
    if len(existing) >= most:
        raise TooManyPasskeys(most)
    if existing and existing[0].handle != made.handle:
        # Two first ones at once, each with a handle of its own: authenticators would take them for two accounts.
        raise PasskeyNotAccepted("user-handle")
    try:
        row = await add_credential(
            tx,
            user_id=user_id,
            method=NAME,
            data=to_data(made),
            lookup_key=made.lookup_key,
            label=label or name_of(made.aaguid) or "Passkey",
        )
    except Conflict:
        raise PasskeyTaken from None
    tx.emit(PasskeyAdded(user_id=user_id, target=encode(CREDENTIAL, row.id), aaguid=made.aaguid, synced=made.synced))
    return row


async def begin_adding(tx: Tx) -> dict[str, Any]:
    """What the browser is asked, to add a passkey to one's own account. Raises TooManyPasskeys or StepUpRequired."""
    require(tx.actor, WRITE_ME)
    require_recent(tx)
    user_id = _own(tx)
    await _refuse_mailbox_alone(tx, user_id)
    settings = tx.section(PasskeySettings)
    holder = await holder_of(tx, user_id)
    if len(holder.existing) >= settings.most_per_user:
        raise TooManyPasskeys(settings.most_per_user)
    value_id = await make_value(
        tx,
        _ENROLLMENT,
        user_id=user_id,
        data={"session": _session(tx), "handle": holder.handle.hex()},
        lifetime=timedelta(seconds=settings.enrollment_seconds),
    )
    # The challenge is the value's own link: the answer brings it along, signed for by the browser.
    return ask_for_new(tx, holder, link_of(tx.tools, _ENROLLMENT, value_id).encode())


async def add_passkey(tx: Tx, credential: Mapping[str, Any], *, label: str | None = None) -> CredentialRow:
    """Adds the passkey that the browser made. Raises PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys, StepUpRequired or
    InvalidInput.
    """
    require(tx.actor, WRITE_ME)
    require_recent(tx)
    user_id = _own(tx)
    label = None if label is None else check_label(label)
    try:
        challenge = challenge_of(credential)
    except NotAccepted as refused:
        raise PasskeyNotAccepted(refused.reason) from None
    value = await read_link(tx, _ENROLLMENT, challenge.decode("ascii", "replace"))
    if value is None or value.user_id != user_id or value.data["session"] != _session(tx):
        raise PasskeyNotAccepted("challenge")
    made = await check_made(tx, credential, challenge=challenge, handle=bytes.fromhex(value.data["handle"]))
    if not await spend(tx, value):
        raise PasskeyNotAccepted("challenge")
    return await store_passkey(tx, user_id, made, label=label)


async def _refuse_mailbox_alone(tx: Tx, user_id: UUID) -> None:
    """Whoever reads somebody's mail could sign in by it and stay for good with a passkey of their own (CVE-2026-37982).

    So who has something better shows it first. Raises StepUpRequired.
    """
    session = next((each for each in await open_sessions(tx, user_id) if each.id == tx.actor.session_id), None)
    if session is not None and set(session.methods) <= _MAILBOX and await credentials_of(tx, user_id):
        raise StepUpRequired(tx.section(SessionsSettings).step_up_seconds)


def _own(tx: Tx) -> UUID:
    if tx.actor.user_id is None:
        raise UserNotFound
    return tx.actor.user_id


def _session(tx: Tx) -> str | None:
    return None if tx.actor.session_id is None else tx.actor.session_id.hex


def _roots(path: Path) -> list[bytes]:
    """The certificates of a PEM file, one by one."""
    from cryptography import x509  # noqa: PLC0415 - needed only where attestation is asked for
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as above

    return [each.public_bytes(Encoding.PEM) for each in x509.load_pem_x509_certificates(path.read_bytes())]
