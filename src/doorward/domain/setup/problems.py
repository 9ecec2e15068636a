"""What can go wrong at setting up."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class SetupLinkInvalid(Problem):
    """The setup link was used, is too old, or there is an administrator already."""

    code = "setup-link-invalid"
    kind = Kind.GONE
    title = "This setup link is not valid"

    def __init__(self) -> None:
        super().__init__(
            "It opens once and for 30 minutes, and only while there is no administrator. "
            "`doorward setup-link` makes a new one."
        )
