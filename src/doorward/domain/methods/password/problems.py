"""What can go wrong with passwords."""

from __future__ import annotations

from doorward.kernel.problem import FieldError, Kind, Problem


class PasswordForOwnerOnly(Problem):
    """Administrators choose no passwords for others here (`password.set_by_administrators`)."""

    code = "password-for-owner-only"
    kind = Kind.FORBIDDEN
    title = "Only its owner chooses a password"

    def __init__(self) -> None:
        super().__init__(
            "Leave the password out, and have the user sent a link to choose one: POST /v1/users/{id}/recovery, or doorward user recover."
        )


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
