"""Prove who you are by a passkey (WebAuthn level 3): alone and without an identifier, or as a second factor."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from doorward.domain.credentials.keep import find_by_key, mark_used, mark_used_so, unseal
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Answers, Factor, Occasion, Prompt, Stage
from doorward.domain.methods.passkey.answer import NotAccepted, credential_id, user_handle
from doorward.domain.methods.passkey.authenticators import name_of
from doorward.domain.methods.passkey.enroll import (
    Holder,
    ask_for_new,
    check_made,
    checks,
    holder_of,
    passkeys_of,
    store_passkey,
)
from doorward.domain.methods.passkey.events import PasskeyRemoved, PasskeyRenamed, PasskeySuspected
from doorward.domain.methods.passkey.options import request_options
from doorward.domain.methods.passkey.relying_party import relying_party
from doorward.domain.methods.passkey.stored import NAME, Passkey, from_data, to_data
from doorward.infra.crypto import base64url
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event
from doorward.kernel.ids import CREDENTIAL, encode, new_id

_CHALLENGE_BYTES: Final = 32
_MAKING: Final[frozenset[Stage]] = frozenset({"enroll", "sign-up"})


def memory_of_newcomer(name: str, display_name: str) -> dict[str, Any]:
    """What this method has to know of somebody who has no account yet, to ask for a passkey at the stage `sign-up`."""
    return {"name": name, "display_name": display_name}


def _amr(passkey: Passkey) -> tuple[str, ...]:
    """RFC 8176: a key that cannot leave its hardware or one that can, and that somebody was there."""
    return ("swk" if passkey.synced else "hwk", "user")


def _factors(*, verified: bool) -> frozenset[Factor]:
    """Something one has; what one is, or a PIN in its place, where the authenticator asked for it."""
    return frozenset({"possession", "inherence"} if verified else {"possession"})


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """That a passkey was used. before, after: what is kept of it, as it was and as it is to be. verified: this time."""

    credential: CredentialRow
    before: Passkey
    after: Passkey
    verified: bool

    @property
    def user_id(self) -> UUID:
        """Whose passkey it is."""
        return self.credential.user_id

    @property
    def method(self) -> str:
        """The passkey."""
        return NAME

    @property
    def amr(self) -> tuple[str, ...]:
        """As RFC 8176 names it."""
        return _amr(self.after)

    @property
    def factors(self) -> frozenset[Factor]:
        """What it rests on."""
        return _factors(verified=self.verified)

    @property
    def credential_id(self) -> UUID:
        """The passkey's row."""
        return self.credential.id

    async def keep(self, tx: Tx) -> bool:
        """Records the use and the counter; answers no when it was used with another, or removed, since it was read."""
        if self.after == self.before:
            # Nothing counts here, so two browsers that sign in at once do not disturb each other.
            return await mark_used(tx, self.credential)
        return await mark_used_so(tx, self.credential, to_data(self.after))


@dataclass(slots=True)
class NewPasskeyProof:
    """That a passkey was made. Keeping it adds it to the account."""

    user_id: UUID
    made: Passkey
    row: CredentialRow | None = None

    @property
    def method(self) -> str:
        """The passkey."""
        return NAME

    @property
    def amr(self) -> tuple[str, ...]:
        """As RFC 8176 names it."""
        return _amr(self.made)

    @property
    def factors(self) -> frozenset[Factor]:
        """What it rests on."""
        return _factors(verified=self.made.verified)

    @property
    def credential_id(self) -> UUID | None:
        """The passkey's row once it is there."""
        return None if self.row is None else self.row.id

    async def keep(self, tx: Tx) -> bool:
        """Adds the passkey. Raises TooManyPasskeys, PasskeyTaken or PasskeyNotAccepted, which take everything back."""
        self.row = await store_passkey(tx, self.user_id, self.made)
        return True


class PasskeyMethod:
    """Passkeys."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"first", "second", "enroll", "sign-up"})
    starts = False
    # Nobody guesses a signature. So a passkey lets its owner in, and unlocks, while others guess at the password.
    guessable = False
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, _tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """Everywhere, but as a second factor only to who has one."""
        return occasion.stage != "second" or NAME in enrolled

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Nothing to do."""

    async def prompts(self, tx: Tx, occasion: Occasion) -> tuple[Prompt, ...]:
        """The browser's options, with a challenge of their own each time."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        occasion.memory["challenge"] = base64url.encode(challenge)
        if occasion.stage in _MAKING:
            holder = await _holder(tx, occasion)
            occasion.memory["handle"] = base64url.encode(holder.handle)
            return (_prompt("Create a passkey", ask_for_new(tx, holder, challenge)),)
        # Whoever types an identifier must not see whether, and which, passkeys belong to it.
        known = occasion.stage == "second" and occasion.user_id is not None
        allowed = await passkeys_of(tx, occasion.user_id) if known and occasion.user_id else ()
        return (_prompt("Passkey", request_options(relying_party(tx), challenge, allowed=allowed)),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> PasskeyProof | NewPasskeyProof | None:
        """Checks the browser's answer. Raises PasskeyNotAccepted where it should have made a passkey."""
        credential = answers.get(NAME)
        # A challenge is answered once: it is not there any more when this step is done.
        challenge = occasion.memory.pop("challenge", None)
        if not isinstance(credential, Mapping) or challenge is None:
            return None
        if occasion.stage in _MAKING:
            handle = base64url.decode(occasion.memory.pop("handle"))
            made = await check_made(tx, credential, challenge=base64url.decode(challenge), handle=handle)
            return NewPasskeyProof(occasion.user_id or new_id(), made)
        try:
            return await _used(tx, occasion, credential, base64url.decode(challenge))
        except NotAccepted as refused:
            occasion.notes["reason"] = refused.reason
            return None

    def describe(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is shown of a passkey."""
        passkey = from_data(data)
        return {
            "aaguid": passkey.aaguid,
            "authenticator": name_of(passkey.aaguid),
            "synced": passkey.synced,
            "backed_up": passkey.backed_up,
            "user_verified": passkey.verified,
            "attested": passkey.attested,
            "transports": list(passkey.transports),
        }

    def renamed(self, row: CredentialRow) -> Event:
        """A passkey was given another name."""
        return PasskeyRenamed(user_id=row.user_id, target=encode(CREDENTIAL, row.id))

    async def removed(self, tx: Tx, row: CredentialRow) -> dict[str, Any]:
        """Records it. The answer is for `PublicKeyCredential.signalAllAcceptedCredentials`, so that the browser forgets it too."""
        tx.emit(PasskeyRemoved(user_id=row.user_id, target=encode(CREDENTIAL, row.id)))
        removed = from_data(unseal(tx.tools.sealer, row))
        left = await passkeys_of(tx, row.user_id)
        return {
            "signal": {
                "rpId": relying_party(tx).id,
                "userId": base64url.encode(removed.handle),
                "allAcceptedCredentialIds": [passkey.lookup_key for passkey in left],
            }
        }


async def _used(tx: Tx, occasion: Occasion, credential: Mapping[str, Any], challenge: bytes) -> PasskeyProof:
    row = await find_by_key(tx, NAME, base64url.encode(credential_id(credential)))
    if row is None:
        raise NotAccepted("unknown")
    passkey = from_data(unseal(tx.tools.sealer, row))
    handle = user_handle(credential)
    # Where nobody said who they are, the authenticator has to (section 7.2 step 6).
    if handle != passkey.handle and (handle is not None or occasion.stage == "first"):
        raise NotAccepted("user-handle")
    ceremony = await checks()
    use = ceremony.check_use(credential, passkey, challenge=challenge, party=relying_party(tx))
    if use.counter <= passkey.counter and (use.counter or passkey.counter):
        tx.emit(PasskeySuspected(user_id=row.user_id, target=encode(CREDENTIAL, row.id)))
        raise NotAccepted("counter")
    after = replace(passkey, counter=use.counter, backed_up=use.backed_up)
    return PasskeyProof(row, passkey, after, use.verified)


async def _holder(tx: Tx, occasion: Occasion) -> Holder:
    if occasion.user_id is not None:
        return await holder_of(tx, occasion.user_id)
    return Holder(occasion.memory["name"], occasion.memory["display_name"])


def _prompt(title: str, options: Mapping[str, Any]) -> Prompt:
    return Prompt(name=NAME, kind="browser-credential", method=NAME, title=title, data=options)
