"""What can go wrong with password hashing, as a caller sees it."""

from __future__ import annotations

from doorward.kernel.problem import FieldError, Kind, Problem


class PasswordTooLongForScheme(Problem):
    """The password is longer than the configured hashing scheme can take in whole, and passwords are never cut.

    Remedy: Choose a shorter password; the detail says how long it may be.
    """

    code = "password-too-long-for-scheme"
    kind = Kind.INVALID
    title = "The password is too long"

    def __init__(self, limit: int, unit: str) -> None:
        detail = f"Use a password of at most {limit} {unit}."
        super().__init__(
            detail,
            errors=[FieldError("/password", "too-long", detail)],
            facts={"limit": limit, "unit": unit},
        )


class HashingBusy(Problem):
    """More sign-ins and sign-ups are waiting for password hashing than the queue holds. Trying again later is right.

    Remedy: Send the request again after `Retry-After` seconds. If it stays so, the service needs more cores.
    """

    code = "hashing-busy"
    kind = Kind.UNAVAILABLE
    title = "Too many sign-ins at the moment"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} s.", retry_after=retry_after)
