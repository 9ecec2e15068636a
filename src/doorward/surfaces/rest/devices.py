"""One's own devices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.risk.device_store import DeviceRow
from doorward.domain.risk.problems import DeviceNotFound
from doorward.domain.sessions.device import device_name
from doorward.domain.users.devices import forget_my_device, list_my_devices
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import DEVICE, encode, find
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.lists import ListView
from doorward.surfaces.rest.operation import Operations

operations: Final = Operations("Second factors")


class DeviceView(TypedDict):
    """A browser or app that somebody signed in from."""

    id: Annotated[str, Field(examples=["dev_01h455vb4pex5vsknk084sn02q"])]
    device: Annotated[str, Field(examples=["Chrome on Linux"])]
    address: Annotated[str | None, Field(description="The IP address of the last sign-in from it.")]
    first_seen_at: datetime
    last_seen_at: datetime
    trusted_until: Annotated[
        datetime | None, Field(description="Until then it is asked for no second factor, if that time is to come.")
    ]


def _view(row: DeviceRow) -> DeviceView:
    return {
        "id": encode(DEVICE, row.id),
        "device": device_name(row.user_agent),
        "address": row.address or None,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "trusted_until": row.trusted_until,
    }


@operations.add("GET", "/v1/me/devices", answer=ListView[DeviceView])
async def list_devices(asked: Asked) -> Reply:
    """List the devices that you signed in from."""

    async def use_case(tx: Tx) -> Reply:
        items = [_view(row) for row in await list_my_devices(tx)]
        return reply({"items": items, "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("DELETE", "/v1/me/devices/{device_id}", status=204, problems=[DeviceNotFound])
async def forget(asked: Asked, device_id: str) -> Reply:
    """Forget one of your devices.

    It is asked for everything again. Its sessions go on; end them if it is not yours.
    """

    async def use_case(tx: Tx) -> Reply:
        await forget_my_device(tx, find(DEVICE, device_id))
        return nothing()

    return await asked.write(use_case)
