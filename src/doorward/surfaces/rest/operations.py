"""Every operation, in the order of the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.surfaces.rest import events, health, keys, me, roles, sign_in, step_up, users
from doorward.surfaces.rest.operation import Operation

OPERATIONS: Final[Sequence[Operation]] = [
    operation
    for module in (sign_in, me, step_up, users, roles, events, keys, health)
    for operation in module.operations.all
]
