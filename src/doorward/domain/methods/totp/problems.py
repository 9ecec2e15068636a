"""What can go wrong with authenticator apps."""

from __future__ import annotations

from doorward.kernel.problem import FieldError, Kind, Problem


class TotpCodeWrong(Problem):
    """The first code of an authenticator app is not right, so the app does not hold the secret or its clock is wrong."""

    code = "totp-code-wrong"
    kind = Kind.FORBIDDEN
    title = "The code is not right"

    def __init__(self) -> None:
        detail = (
            "Type the code that the app shows now. If it is refused again, set the clock of the device by the network."
        )
        super().__init__(detail, errors=[FieldError("/code", self.code, detail)])


class TotpEnrollmentOver(Problem):
    """Setting up an authenticator app took too long, was finished or begun anew, or had too many wrong codes."""

    code = "totp-enrollment-over"
    kind = Kind.GONE
    title = "Setting up this app cannot go on"

    def __init__(self) -> None:
        super().__init__("Begin again with POST /v1/me/totp.")


class TotpUnavailable(Problem):
    """Authenticator apps cannot be set up: the operator switched them off, or the account has as many as it may."""

    code = "totp-unavailable"
    kind = Kind.CONFLICT
    title = "No further authenticator app can be set up"

    def __init__(self) -> None:
        super().__init__("Remove one first, if the account has some. Otherwise use another second factor.")
