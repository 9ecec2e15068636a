"""What each secret opens: every sealed column is known, and what was emptied needs none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert

import doorward
from doorward.domain.messages.tables import messages
from doorward.domain.sealed.places import LASTING, PASSING
from doorward.domain.sealed.reseal import reseal, uses
from doorward.infra.database.base import metadata
from doorward.infra.database.statement import Command
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user
from tests.make.people import make_user

SOURCES = Path(doorward.__file__).parent
_INSERT = Command(insert(messages).values({column: bindparam(column.name) for column in messages.columns}))
# What is no seal of ours: hashes, MACs, and what clients sent.
NOT_SEALED = {
    "devices.secret_hash",
    "failed_attempts.key",
    "idempotency_keys.request_hash",
    "idempotency_keys.scope_hash",
    "rate_limit_counts.key_hash",
    "sessions.secret_hash",
    "setup_links.secret_hash",
    "spent_challenges.random",
}


def test_knows_every_sealed_column() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.type.python_type is bytes
    }
    known = {f"{place.column.table.name}.{place.column.name}" for place in (*LASTING, *PASSING)}
    assert binary - known == NOT_SEALED
    assert known <= binary


def test_knows_what_everything_that_seals_seals_for() -> None:
    calls = [
        node
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"seal", "seal_many"}
        and "sealer" in ast.unparse(node.func.value)
    ]
    # One that seals anew whatever it opened, one for many credentials, and one for each column.
    assert len(calls) == len(LASTING) + len(PASSING) + 2


@pytest.mark.integration
async def test_counts_nothing_for_what_was_emptied(tools: Tools) -> None:
    await make_user(tools)
    async with tools.writing(operator()) as tx:
        await tx.db.run(
            _INSERT,
            id=new_id(),
            user_id=None,
            kind="sent",
            sealed=b"",
            attempts=1,
            created_at=tx.now,
            useful_until=tx.now,
            sent_at=tx.now,
            given_up_at=None,
            failure=None,
        )
    async with tools.reading(operator()) as tx:
        (only,) = await uses(tx)
    assert (only.place, only.lasting["credentials"], only.passing["mails"]) == (1, 1, 0)


@pytest.mark.integration
async def test_is_for_the_operator_alone(tools: Tools) -> None:
    ada = await make_user(tools)
    for use_case in (uses, reseal):
        with pytest.raises(Forbidden):
            async with tools.writing(as_user(ada)) as tx:
                await use_case(tx)
