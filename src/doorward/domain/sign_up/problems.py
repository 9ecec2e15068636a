"""What can go wrong at signing up."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class SignUpClosed(Problem):
    """Not everybody may make an account here: only administrators do, or who is invited, or who has an address of certain domains."""

    code = "sign-up-closed"
    kind = Kind.FORBIDDEN
    title = "Signing up is closed"

    def __init__(self) -> None:
        super().__init__("Ask an administrator for an account or an invitation.")
