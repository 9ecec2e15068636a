"""Examples of proving again who one is."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/me/step-up": Example(answer="step_up", shows=("attempt", "prompts.0.name")),
    "POST /v1/me/step-up/{step_up}/answers": Example(
        body={"answers": {"password": "correct staple battery 9"}},
        answer="proved",
        shows=("status", "access_token", "refresh_token"),
        note="Go on with these tokens.",
    ),
}
