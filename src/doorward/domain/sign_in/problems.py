"""What can go wrong at signing in."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class SignInFailed(Problem):
    """Nobody with this identifier and this proof. Which of the two is wrong is never said.

    Remedy: Check both. Whoever forgot the password asks for a new one at POST /v1/recovery; the `support_code` lets an
    administrator see why.
    """

    code = "sign-in-failed"
    kind = Kind.UNAUTHENTICATED
    title = "Signing in failed"
    keeps_work = True

    def __init__(self) -> None:
        super().__init__(
            "The identifier or the password is not right.", headers=(("www-authenticate", 'Bearer realm="doorward"'),)
        )


class AttemptInvalid(Problem):
    """The sign-in is not one of ours, was finished, took too long, or had too many wrong answers."""

    code = "attempt-invalid"
    kind = Kind.GONE
    title = "This sign-in cannot go on"

    def __init__(self) -> None:
        super().__init__("Begin again with POST /v1/sign-in.")
