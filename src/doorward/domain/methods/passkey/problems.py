"""What can go wrong with passkeys."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class PasskeyNotAccepted(Problem):
    """What the browser answered is no passkey as it was asked for: too late, of another page or session, used before, of a model
    that is not allowed here, or damaged. `reason` names what was wrong.

    Remedy: Begin again with POST /v1/me/passkeys/options, and let the browser answer in time on a page of the service.
    """

    code = "passkey-not-accepted"
    kind = Kind.INVALID
    title = "This passkey cannot be added"

    def __init__(self, reason: str) -> None:
        super().__init__("Ask for new options and let the browser make a passkey again.", facts={"reason": reason})


class PasskeyTaken(Problem):
    """This passkey is enrolled already, in this or in another account."""

    code = "passkey-taken"
    kind = Kind.CONFLICT
    title = "This passkey is enrolled already"

    def __init__(self) -> None:
        super().__init__("Use another authenticator, or the passkey that it holds already.")


class TooManyPasskeys(Problem):
    """The account has as many passkeys as accounts may have here.

    Remedy: Remove one that is not used any more.
    """

    code = "too-many-passkeys"
    kind = Kind.CONFLICT
    title = "The account has enough passkeys"

    def __init__(self, most: int) -> None:
        super().__init__("Remove one that you no longer use first.", facts={"most": most})
