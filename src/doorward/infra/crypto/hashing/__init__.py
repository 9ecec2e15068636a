"""Password hashes: made by Argon2id or bcrypt, verified in every format that imports bring, computed in a bounded pool.

settings: cost and size. hasher: make and verify. formats: one file per family of stored hashes. pool: the threads.
calibrate: find the cost that fits this machine. problems: what a caller may be told.
"""

from doorward.infra.crypto.hashing.calibrate import Measurement, calibrate
from doorward.infra.crypto.hashing.hasher import PasswordHasher, Verdict
from doorward.infra.crypto.hashing.pool import HashingPool
from doorward.infra.crypto.hashing.problems import HashingBusy, PasswordTooLongForScheme
from doorward.infra.crypto.hashing.settings import HashingSettings

__all__ = [
    "HashingBusy",
    "HashingPool",
    "HashingSettings",
    "Measurement",
    "PasswordHasher",
    "PasswordTooLongForScheme",
    "Verdict",
    "calibrate",
]
