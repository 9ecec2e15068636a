"""Examples of the public keys."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /.well-known/jwks.json": Example(answer="key_set", shows=("keys.0.kid", "keys.0.alg")),
}
