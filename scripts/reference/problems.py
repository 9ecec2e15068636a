"""The page of the problems: what caused each, what to do, and which operations answer it."""

from __future__ import annotations

from doorward.kernel.problem import Problem, type_base
from scripts.reference.classes import NOTE, described, import_everything, problems, table
from scripts.reference.operations import answered_by

_REMEDY = "Remedy: "


def problems_page() -> str:
    """Every problem."""
    import_everything()
    found = problems()
    parts = [
        f"""# Problems

{NOTE}
Every failure is answered in one form, which [Errors](../guides/errors.md) describes. The `type` of a problem is its code
behind `{type_base}`.

""",
        table(
            ("Code", "Status", "Title"),
            ((f"[`{each.code}`](#{each.code})", str(each.kind.status), each.title) for each in found),
        ),
    ]
    for each in found:
        cause, remedy = cause_and_remedy(each)
        parts.append(f"\n## {each.code}\n\n{each.kind.status}, gRPC `{each.kind.grpc}`: **{each.title}**\n\n")
        parts.append(f"**Cause:** {cause}\n\n**Remedy:** {remedy}\n")
        if places := answered_by(each):
            parts.append(f"\n**Answered by** {places}.\n")
    return "".join(parts)


def cause_and_remedy(problem: type[Problem]) -> tuple[str, str]:
    """What brings a problem about, and what to do: a paragraph of its description, else the detail it has by itself.

    Raises ValueError when it says nothing of what to do.
    """
    paragraphs = described(problem).split("\n\n")
    remedies = [each.removeprefix(_REMEDY) for each in paragraphs if each.startswith(_REMEDY)]
    cause = "\n\n".join(each for each in paragraphs if not each.startswith(_REMEDY))
    return cause, " ".join(remedies) or _own_detail(problem)


def _own_detail(problem: type[Problem]) -> str:
    try:
        detail = problem().detail
    except TypeError:  # its detail depends on what happened
        detail = problem.title
    if detail == problem.title:
        raise ValueError(
            f"{problem.__module__}.{problem.__name__} does not say what to do: give its docstring a paragraph that begins "
            f"with '{_REMEDY}', or its __init__ a default for the detail."
        )
    return detail
