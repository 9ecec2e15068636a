"""What can go wrong at recovery."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class MailIsOff(Problem):
    """It takes a mail, and no mail leaves this installation."""

    code = "mail-is-off"
    kind = Kind.CONFLICT
    title = "No mail leaves here"

    def __init__(self) -> None:
        super().__init__("Whoever runs the installation sets up mail: DOORWARD_MAIL__TRANSPORT.")
