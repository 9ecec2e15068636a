"""What can go wrong with recovery codes."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class RecoveryCodesNeedFactor(Problem):
    """Recovery codes stand in for a second factor that was lost, and this account has none."""

    code = "recovery-codes-need-factor"
    kind = Kind.CONFLICT
    title = "There is no second factor yet"

    def __init__(self) -> None:
        super().__init__("Set up an authenticator app or a passkey first.")
