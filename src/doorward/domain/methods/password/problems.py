"""What can go wrong with passwords."""

from __future__ import annotations

from doorward.kernel.problem import FieldError, Kind, Problem


class CurrentPasswordWrong(Problem):
    """The present password, asked for to change it, is not right."""

    code = "current-password-wrong"
    kind = Kind.FORBIDDEN
    title = "The current password is not right"
    # So that it stays counted.
    keeps_work = True

    def __init__(self) -> None:
        detail = "Give the password that you sign in with now."
        super().__init__(detail, errors=[FieldError("/current_password", self.code, detail)])
