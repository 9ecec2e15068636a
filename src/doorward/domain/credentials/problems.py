"""What can go wrong with credentials."""

from __future__ import annotations

from doorward.kernel.problem import Kind, NotFound, Problem


class CredentialNotFound(NotFound):
    """There is no such credential, or it belongs to somebody else."""

    code = "credential-not-found"
    title = "There is no such credential"

    def __init__(self) -> None:
        super().__init__("Check the id. It looks like crd_… and stands in the list of credentials.")


class CredentialNotRemovable(Problem):
    """Credentials of this kind are not renamed or removed one by one, such as a password, which is changed instead."""

    code = "credential-not-removable"
    kind = Kind.CONFLICT
    title = "This credential cannot be renamed or removed"

    def __init__(self) -> None:
        super().__init__("Change it by the operation of its own kind.")


class LastCredential(Problem):
    """Without this credential there would be no way to sign in, or no second factor where an administrator removes it.

    Remedy: Add another way to sign in first. An administrator begins a factor reset for somebody who lost theirs.
    """

    code = "last-credential"
    kind = Kind.CONFLICT
    title = "This is the last credential of its kind"
