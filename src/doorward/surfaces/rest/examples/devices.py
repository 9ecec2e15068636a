"""Examples of one's own devices."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/me/devices": Example(answer="device", shows=("id", "device", "last_seen_at")),
    "DELETE /v1/me/devices/{device_id}": Example(),
}
