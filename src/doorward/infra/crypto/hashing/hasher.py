"""Making and verifying password hashes. Synchronous and expensive: outside of commands, go through `HashingPool`."""

from __future__ import annotations

import base64
import secrets
import unicodedata
from typing import Final, NamedTuple

import bcrypt
from argon2.low_level import ARGON2_VERSION, Type

from doorward.infra.crypto.hashing.digest import compute
from doorward.infra.crypto.hashing.formats import argon2, django, limits, pbkdf2, scrypt
from doorward.infra.crypto.hashing.formats import bcrypt as bcrypt_format
from doorward.infra.crypto.hashing.formats.stored import StoredHash
from doorward.infra.crypto.hashing.problems import PasswordTooLongForScheme
from doorward.infra.crypto.hashing.settings import HashingSettings

# The password policy asks for far less. This bound keeps a megabyte of text away from normalization and hashing.
PASSWORD_CHARACTERS: Final = 4096
_SALT_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_BCRYPT_ALPHABET: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Verdict(NamedTuple):
    """What came of a check. ok: the password is right. rehash: it is, and its hash should be made anew and stored."""

    ok: bool
    rehash: bool


class PasswordHasher:
    """Makes hashes with the configured scheme and cost, and verifies those of every known format.

    dummy: a stored hash of the configured cost that no password matches. Verify against it when there is no such
    account, so that known and unknown accounts take the same time.
    """

    def __init__(self, settings: HashingSettings) -> None:
        self._settings = settings
        if settings.scheme == "argon2id":
            self._prefix = (
                f"$argon2id$v={ARGON2_VERSION}$m={settings.argon2_memory_kib},t={settings.argon2_time}"
                f",p={settings.argon2_parallelism}$"
            )
            self.dummy = f"{self._prefix}{_base64(secrets.token_bytes(_SALT_BYTES))}${_base64(secrets.token_bytes(_DIGEST_BYTES))}"
        else:
            self._prefix = f"$2b${settings.bcrypt_cost:02}$"
            digest = "".join(secrets.choice(_BCRYPT_ALPHABET) for _ in range(31))
            self.dummy = bcrypt.gensalt(settings.bcrypt_cost).decode() + digest

    def hash(self, password: str) -> str:
        """A new stored hash of a password. Raises PasswordTooLongForScheme; nothing is ever cut."""
        if len(password) > PASSWORD_CHARACTERS:
            raise PasswordTooLongForScheme(PASSWORD_CHARACTERS, "characters")
        secret = _bytes(_normalized(password))
        if self._settings.scheme == "bcrypt":
            if len(secret) > bcrypt_format.PASSWORD_BYTES:
                raise PasswordTooLongForScheme(bcrypt_format.PASSWORD_BYTES, "bytes")
            return bcrypt.hashpw(secret, bcrypt.gensalt(self._settings.bcrypt_cost)).decode()
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = compute(
            secret,
            salt,
            variant=Type.ID,
            version=ARGON2_VERSION,
            memory_kib=self._settings.argon2_memory_kib,
            passes=self._settings.argon2_time,
            lanes=self._settings.argon2_parallelism,
            length=_DIGEST_BYTES,
        )
        return f"{self._prefix}{_base64(salt)}${_base64(digest)}"

    def verify(self, password: str, encoded: str) -> bool:
        """Whether a password is the one that a stored hash was made of. False for hashes of unknown or absurd form."""
        stored = _parse(encoded)
        if stored is None or len(password) > PASSWORD_CHARACTERS:
            return False
        normalized = _normalized(password)
        if stored.matches(_bytes(normalized)):
            return True
        # Other products hash what was typed. Only passwords that normalization changes cost a second computation.
        return password != normalized and stored.matches(_bytes(password))

    def needs_rehash(self, encoded: str) -> bool:
        """Whether a stored hash was made by another scheme or at another cost than is configured now."""
        return not encoded.startswith(self._prefix)

    def judge(self, password: str, encoded: str) -> Verdict:
        """Verifies, and says whether to store a new hash: not when the configured scheme cannot take this password."""
        if not self.verify(password, encoded):
            return Verdict(ok=False, rehash=False)
        return Verdict(ok=True, rehash=self.needs_rehash(encoded) and self._fits(password))

    def recognize(self, encoded: str) -> str | None:
        """The name of a stored hash's scheme, such as `bcrypt` or `django-scrypt`; None when it could never verify."""
        stored = _parse(encoded)
        return None if stored is None else stored.scheme

    def _fits(self, password: str) -> bool:
        return self._settings.scheme != "bcrypt" or len(_bytes(_normalized(password))) <= bcrypt_format.PASSWORD_BYTES


def _parse(encoded: str) -> StoredHash | None:
    if len(encoded) > limits.ENCODED_LENGTH:
        return None
    return (
        argon2.parse(encoded)
        or bcrypt_format.parse(encoded)
        or django.parse(encoded)
        or pbkdf2.parse(encoded)
        or scrypt.parse(encoded)
    )


def _normalized(password: str) -> str:
    return password if password.isascii() else unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # A lone surrogate has no UTF-8 form; it must fail as a wrong password does, not as an error.
    return password.encode("utf-8", "surrogatepass")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode().rstrip("=")
