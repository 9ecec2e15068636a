"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.credentials.events import FactorAdded, FactorRemoved, FactorRenamed
from doorward.domain.credentials.problems import CredentialNotFound, CredentialNotRemovable, LastCredential
from doorward.domain.credentials.tables import credentials
from doorward.kernel.feature import Feature

CREDENTIALS: Final = Feature(
    name="credentials",
    tables=(credentials,),
    events=(FactorAdded, FactorRenamed, FactorRemoved),
    problems=(CredentialNotFound, CredentialNotRemovable, LastCredential),
)
