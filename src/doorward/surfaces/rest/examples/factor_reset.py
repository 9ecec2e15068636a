"""Examples of resetting somebody's second factors."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "POST /v1/users/{user_id}/factor-reset": Example(
        needs=("users:write",), body={"reason": "Lost phone, ticket 4711"}, answer="reset", shows=("applies_at",)
    ),
    "DELETE /v1/users/{user_id}/factor-reset": Example(needs=("users:write",)),
}
