"""How expensive a password hash is, and how much hashing may go on at once."""

from __future__ import annotations

import os
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from doorward.infra.crypto.hashing.formats import limits


class HashingSettings(BaseModel):
    """How passwords are hashed. Hashes of other schemes and costs still verify and are renewed at the next sign-in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: Literal["argon2id", "bcrypt"] = Field(
        "argon2id",
        description="How new passwords are hashed. bcrypt is for sites that must; it refuses passwords over 72 bytes.",
    )
    argon2_memory_kib: int = Field(
        19456,
        ge=8,
        le=limits.MEMORY_KIB,
        description="Memory of one Argon2id hash in KiB. Each hash that runs at the same time needs this much.",
    )
    argon2_time: int = Field(2, ge=1, le=64, description="Passes of Argon2id over its memory.")
    argon2_parallelism: int = Field(
        1,
        ge=1,
        le=limits.ARGON2_LANES,
        description="Lanes of one Argon2id hash. More than 1 only helps a machine with idle cores.",
    )
    bcrypt_cost: int = Field(
        12, ge=4, le=limits.BCRYPT_COST, description="Cost of bcrypt; each step up doubles the time of a hash."
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="Hashes that are computed at the same time. The default is the number of processor cores.",
    )
    queue_limit: int = Field(
        64,
        ge=0,
        le=100_000,
        description="Requests that may wait for a free hashing thread. Beyond it the answer is 503 with Retry-After.",
    )

    @model_validator(mode="after")
    def _stays_verifiable(self) -> Self:
        """Refuses a cost that verification would take for an attack, or that Argon2 itself refuses."""
        if self.argon2_memory_kib * self.argon2_time > limits.ARGON2_MEMORY_PASSES_KIB:
            raise ValueError(
                f"argon2_memory_kib times argon2_time may be at most {limits.ARGON2_MEMORY_PASSES_KIB}; lower one of them"
            )
        if self.argon2_memory_kib < 8 * self.argon2_parallelism:
            raise ValueError("argon2_memory_kib must be at least 8 times argon2_parallelism")
        return self
