"""What every start puts in place: the built-in roles, a signing key, and the administrator that the settings name."""

from __future__ import annotations

from doorward.domain.keys.rotate import ensure_key
from doorward.domain.roles.manage import ensure_built_in
from doorward.domain.setup.first_administrator import bootstrap
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator


async def ensure(tools: Tools) -> None:
    """Puts in place what is missing; again does no harm, and several processes may do it at once."""
    async with tools.writing(operator()) as tx:
        await ensure_built_in(tx)
    async with tools.writing(operator()) as tx:
        await ensure_key(tx)
    async with tools.writing(operator()) as tx:
        await bootstrap(tx)
