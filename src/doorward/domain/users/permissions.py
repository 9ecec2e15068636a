"""What may be done with users."""

from __future__ import annotations

from typing import Final

from doorward.kernel.permission import Permission

READ_USERS: Final = Permission("users:read", "See any user, and list users.")
WRITE_USERS: Final = Permission("users:write", "Create users and change any user.")
SUSPEND_USERS: Final = Permission("users:suspend", "Suspend, reinstate and unlock users.")
DELETE_USERS: Final = Permission("users:delete", "Delete, restore and erase users.")
READ_ME: Final = Permission("me:read", "See one's own account.")
WRITE_ME: Final = Permission("me:write", "Change and delete one's own account.")
