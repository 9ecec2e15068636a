"""Begin signing in, and finish at once when the first answer comes along."""

from __future__ import annotations

from doorward.domain.methods.method import Methods
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.attempts import open_attempt
from doorward.domain.sign_in.complete import Complete, Pending, complete, refuse
from doorward.domain.sign_in.policy import decide
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_in.prove import prove
from doorward.domain.users.find import find_by_identifier
from doorward.infra.database.unit_of_work import Tx


async def begin_sign_in(
    tx: Tx, *, identifier: str, password: str | None = None, kind: SessionKind = "token"
) -> Complete | Pending:
    """Begins signing in. identifier: an email address or a username, in any spelling. password: if it is known already.

    Answers the same for known and unknown identifiers, at the same cost. Raises SignInFailed, UserSuspended, UserDeleted
    or HashingBusy.
    """
    user = await find_by_identifier(tx, identifier)
    user_id = user.id if user else None
    offered = [prompt for method in tx.tools.hold(Methods).all for prompt in method.prompts()]
    if password is None:
        return Pending(await open_attempt(tx, user_id), decide((), offered).prompts)
    proof = await prove(tx, user_id, {"password": password})
    if proof is None or user_id is None:
        raise await refuse(tx, SignInFailed(), user_id)
    decision = decide({proof.amr}, offered)
    if not decision.done:
        return Pending(await open_attempt(tx, user_id), decision.prompts)
    return await complete(tx, user_id=user_id, proofs=[proof], kind=kind)
