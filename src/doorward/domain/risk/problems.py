"""What can go wrong where guessing is held off."""

from __future__ import annotations

from doorward.kernel.problem import Kind, NotFound, Problem


class TooManyAttempts(Problem):
    """Too many wrong answers in a row, for this account or from this address; whether there is such an account is not said.

    Remedy: Wait as long as `Retry-After` says, or choose a new password at POST /v1/recovery. An administrator can
    unlock the account.
    """

    code = "too-many-attempts"
    kind = Kind.TOO_MANY
    title = "Too many attempts"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(
            "Wait as long as Retry-After says. Recovering the account or signing in with a passkey goes at once.",
            retry_after=retry_after,
        )


class ChallengeRequired(Problem):
    """A solved challenge must come with this request, and there was none, a wrong one, or one that was used or is too old."""

    code = "challenge-required"
    kind = Kind.FORBIDDEN
    title = "Solve a challenge first"

    def __init__(self) -> None:
        super().__init__(
            "Get one with GET /v1/challenges, solve it, and send its answer in the header Challenge-Response."
        )


class DeviceNotFound(NotFound):
    """There is no such device, or it is somebody else's."""

    code = "device-not-found"
    title = "No such device"

    def __init__(self) -> None:
        super().__init__("List your devices to see those that are known.")
