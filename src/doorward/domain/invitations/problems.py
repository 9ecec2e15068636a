"""What can go wrong with invitations."""

from __future__ import annotations

from doorward.kernel.problem import NotFound


class InvitationNotFound(NotFound):
    """There is no such invitation, or it was accepted, revoked or forgotten."""

    code = "invitation-not-found"
    title = "There is no such invitation"

    def __init__(self) -> None:
        super().__init__("GET /v1/invitations lists those that are open.")
