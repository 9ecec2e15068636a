"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.messages.deliver import PURGE, deliver, purge_messages
from doorward.domain.messages.send import DELIVER
from doorward.domain.messages.settings import MessagesSettings
from doorward.domain.messages.tables import messages
from doorward.kernel.feature import Feature

MESSAGES: Final = Feature(
    name="messages",
    tables=(messages,),
    settings={"messages": MessagesSettings},
    jobs={DELIVER: deliver, PURGE: purge_messages},
    recurring={PURGE: timedelta(hours=6)},
)
