"""Examples of what is asked for before signing up and recovering an account."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/challenges": Example(
        answer="challenge",
        shows=("kind",),
        note="With `none` there is nothing to solve, and nothing more to send.",
    ),
}
