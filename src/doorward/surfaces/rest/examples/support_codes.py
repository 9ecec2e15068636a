"""Examples of explaining a refused sign-in."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/support-codes/{support_code}": Example(
        needs=("events:read",), answer="refusal", shows=("user_id", "occurred_at")
    ),
}
