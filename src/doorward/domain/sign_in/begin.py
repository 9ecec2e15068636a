"""Begin signing in, and finish at once when the first answer comes along and is enough."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.domain.access.account import Account, find_with_credential
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Methods
from doorward.domain.methods.password.prove import NAME as PASSWORD
from doorward.domain.risk.devices import Client, known_device
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.attempts import Attempt, new_attempt
from doorward.domain.sign_in.complete import Complete, Pending, ask, go_on, refuse
from doorward.domain.sign_in.funnel import count_step
from doorward.domain.sign_in.prove import prove
from doorward.domain.sign_in.trace import Trace
from doorward.domain.users.find import find_by_identifier, identifier_mac
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem


async def begin_sign_in(
    tx: Tx,
    *,
    identifier: str | None = None,
    password: str | None = None,
    kind: SessionKind = "token",
    client: Client = Client(),  # noqa: B008 - it is a value and never changes
) -> Complete | Pending:
    """Begins signing in. identifier: an email address or a username, in any spelling; not needed where a passkey tells who
    it is. password: if it is known already. client: its device.

    Answers the same for known and unknown identifiers, at the same cost. Raises SignInFailed, TooManyAttempts,
    UserSuspended, UserDeleted or HashingBusy.
    """
    trace = Trace()
    attempt = await first_attempt(tx, identifier or "", trace, client, method=None if password is None else PASSWORD)
    count_step(tx, attempt.aim, "begun")
    if password is None:
        return await ask(tx, attempt)
    try:
        methods = [method for method in tx.tools.hold(Methods).all if "first" in method.stages]
        proved = await prove(tx, attempt, methods, {PASSWORD: password}, trace)
        return await go_on(tx, attempt, proved, kind=kind, trace=trace, client=client)
    except Problem as problem:
        raise await refuse(tx, problem, attempt.user_id, trace) from None


async def first_attempt(
    tx: Tx,
    identifier: str,
    trace: Trace,
    client: Client = Client(),  # noqa: B008 - it is a value and never changes
    *,
    method: str | None = None,
) -> Attempt:
    """A sign-in for whoever has an identifier, alike when nobody has it. method: whose answer came along."""
    user: UserRow | None = None
    account: Account | None = None
    credentials: Sequence[CredentialRow] = ()
    if identifier and method is not None:
        account, credentials = await find_with_credential(tx, identifier, method)
        user = account.user if account is not None else None
    elif identifier:
        user = await find_by_identifier(tx, identifier)
    trace.note("identifier", given=bool(identifier), found=user is not None)
    device = await known_device(tx, user.id if user else None, client.secret)
    attempt = new_attempt(
        user.id if user else None,
        identifier=identifier_mac(tx, identifier),
        device_id=device.id if device is not None else None,
    )
    if account is not None and method is not None:
        attempt.account, attempt.credentials = account, {method: credentials}
    return attempt
