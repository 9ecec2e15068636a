"""The invented people every subject is filled with: the same number, addresses, names and password for each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from argon2 import PasswordHasher

# The default of Doorward, and what the peer is told to use: OWASP's first choice for Argon2id.
MEMORY_KIB: Final = 19456
TIME_COST: Final = 2
PARALLELISM: Final = 1
PASSWORD: Final = "narrow-Heron-47-carries-oats"

_NAMESPACE: Final = UUID("5b1d2f0a-0a59-4f0c-9d0e-7c1f5f0b8a11")
_GIVEN: Final = ("Ada", "Bilal", "Chloé", "Dmitri", "Esra", "Femi", "Greta", "Hiro", "Inés", "João", "Kaveh", "Li")
_FAMILY: Final = (
    "Almeida",
    "Bergström",
    "Castro",
    "Dufour",
    "Eze",
    "Fischer",
    "García",
    "Hansen",
    "Ito",
    "Jansen",
    "Kaya",
)


class Person(NamedTuple):
    """One invented person. id: a UUID for subjects that take one."""

    number: int
    id: UUID
    email: str
    name: str


def person(number: int) -> Person:
    """The person of this number, the same in every run."""
    given = _GIVEN[number % len(_GIVEN)]
    family = _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
    return Person(number, uuid5(_NAMESPACE, str(number)), f"person{number:07d}@people.example.com", f"{given} {family}")


def people(count: int) -> Iterator[Person]:
    """The first so many people."""
    return (person(number) for number in range(count))


def hasher() -> PasswordHasher:
    """Argon2id with the parameters that every subject uses."""
    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)


@cache
def password_hash() -> str:
    """The one Argon2id hash of PASSWORD that all people share; hashing a million times would measure nothing."""
    return hasher().hash(PASSWORD)
