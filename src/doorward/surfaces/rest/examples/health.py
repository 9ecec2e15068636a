"""Examples of asking how the process is."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /livez": Example(answer="health", shows=("status",)),
    "GET /readyz": Example(answer="health", shows=("status", "checks.database")),
    "GET /healthz": Example(answer="health", shows=("status",)),
    "GET /version": Example(answer="server", shows=("name", "version", "database")),
}
