"""Every operation of the REST API, in the order in which the documentation shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.surfaces.rest import (
    challenges,
    credentials,
    devices,
    events,
    factor_reset,
    factors,
    health,
    keys,
    mail,
    me,
    roles,
    sign_in,
    step_up,
    support_codes,
    users,
)
from doorward.surfaces.rest.operation import Operation

_MODULES: Final = (
    sign_in,
    challenges,
    mail,
    me,
    step_up,
    factors,
    credentials,
    devices,
    users,
    factor_reset,
    roles,
    events,
    support_codes,
    keys,
    health,
)

OPERATIONS: Final[Sequence[Operation]] = [operation for module in _MODULES for operation in module.operations.all]
