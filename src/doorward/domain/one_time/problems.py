"""What can go wrong with values that work once."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem


class LinkInvalid(Problem):
    """The link is not one of ours, was used, took too long, or was made useless by something that happened since."""

    code = "link-invalid"
    kind = Kind.GONE
    title = "This link does not work any more"

    def __init__(self) -> None:
        super().__init__("Ask for a new one where you asked for this.")


class LinkNeedsMore(Problem):
    """The link takes more than a yes, such as a new password; it was not used."""

    code = "link-needs-more"
    kind = Kind.INVALID
    title = "This link needs more than a yes"

    def __init__(self) -> None:
        super().__init__("GET /v1/links says what it needs, and under which attempt to answer.")


class CodeWrong(Problem):
    """The code is not right, was used, took too long, or had too many tries. Which of these is never said."""

    code = "code-wrong"
    kind = Kind.FORBIDDEN
    title = "This code does not work"
    keeps_work = True

    def __init__(self) -> None:
        super().__init__("Look again, or ask for a new code. After a few wrong tries only a new one helps.")
