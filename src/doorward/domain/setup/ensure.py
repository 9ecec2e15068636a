"""What every start puts in place: the built-in roles, a signing key, and the administrator that the settings name."""

from __future__ import annotations

from doorward.domain.keys.ring import check_keys_open
from doorward.domain.keys.rotate import ensure_key
from doorward.domain.roles.manage import ensure_built_in
from doorward.domain.setup.first_administrator import bootstrap
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator


async def ensure(tools: Tools) -> None:
    """Puts in place what is missing; again does no harm, and several processes may do it at once.

    Raises SealBroken when the signing keys were sealed with a secret that is not configured, or what refuses the
    configured administrator.
    """
    async with tools.writing(operator()) as tx:
        await ensure_built_in(tx)
    async with tools.writing(operator()) as tx:
        await ensure_key(tx)
    await check_keys_open(tools)
    async with tools.writing(operator()) as tx:
        await bootstrap(tx)
