"""Each refused sign-in can be explained to whoever helps, and to nobody else."""

from __future__ import annotations

import pytest

from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.explain import ExplanationView, SupportCodeNotFound, explain
from doorward.domain.sign_in.trace import purge_traces
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator, system
from doorward.kernel.ids import USER, encode
from doorward.kernel.problem import Forbidden, Problem
from tests.make.actors import as_user
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


async def refused(tools: Tools, identifier: str, password: str) -> Problem:
    with pytest.raises(Problem) as raised:
        async with tools.writing(anonymous()) as tx:
            await begin_sign_in(tx, identifier=identifier, password=password)
    return raised.value


async def explained(tools: Tools, code: object) -> ExplanationView:
    async with tools.reading(operator()) as tx:
        return await explain(tx, str(code))


def told(explanation: ExplanationView) -> list[tuple[str, str]]:
    return [(step["step"], step["says"]) for step in explanation["steps"]]


async def test_tells_a_wrong_password_from_an_unknown_account_and_the_answer_does_not(tools: Tools) -> None:
    ada = await make_user(tools)
    wrong = await refused(tools, "ada@example.com", "wrong")
    unknown = await refused(tools, "nobody@example.com", "wrong")
    documents = [problem.document(instance="/", request_id="r") for problem in (wrong, unknown)]
    codes = [document.pop("support_code") for document in documents]
    assert documents[0] == documents[1]
    one, other = [await explained(tools, code) for code in codes]
    assert told(one) == [
        ("identifier", "An account has this identifier."),
        ("limits", "The wrong answers so far left room for this one."),
        ("proof", "The answer to 'password' was wrong."),
    ]
    assert told(other)[0][1].startswith("No account has this identifier")
    assert (one["user_id"], other["user_id"]) == (encode(USER, ada.id), None)
    assert one["outcome"] == "sign-in-failed"


async def test_tells_of_the_gate(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id)
    problem = await refused(tools, "ada@example.com", PASSWORD)
    explanation = await explained(tools, problem.facts["support_code"])
    assert told(explanation)[-2:] == [
        ("proof", "The answer to 'password' was right."),
        ("gate", "The account may not be used: it is suspended."),
    ]


async def test_tells_of_the_limits(tools: Tools) -> None:
    await make_user(tools)
    for _ in range(3):
        await refused(tools, "ada@example.com", "wrong")
    problem = await refused(tools, "ada@example.com", PASSWORD)
    explanation = await explained(tools, problem.facts["support_code"])
    assert told(explanation)[-1] == ("limits", "Too many wrong answers before this one: it was not looked at.")
    assert explanation["steps"][-1]["facts"]["seconds_left"] == 1


async def test_nothing_that_was_typed_is_kept(tools: Tools) -> None:
    problem = await refused(tools, "secret-identifier@example.com", "secret-password")
    assert "secret" not in str(await explained(tools, problem.facts["support_code"]))


@pytest.mark.parametrize("spelling", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
async def test_finds_a_code_as_people_write_it(tools: Tools, spelling: object) -> None:
    problem = await refused(tools, "nobody@example.com", "wrong")
    assert callable(spelling)
    assert (await explained(tools, spelling(problem.facts["support_code"])))["outcome"] == "sign-in-failed"


@pytest.mark.parametrize("code", ["", "XXXX-XXXX-XXXX", "'; --", "X" * 500, "ﬀﬀ-ﬀﬀ"])
async def test_knows_nothing_under_other_codes(tools: Tools, code: str) -> None:
    with pytest.raises(SupportCodeNotFound):
        await explained(tools, code)


async def test_refuses_members_and_forgets_with_time(tools: Tools) -> None:
    ada = await make_user(tools)
    code = str((await refused(tools, "ada@example.com", "wrong")).facts["support_code"])
    with pytest.raises(Forbidden):
        async with tools.reading(as_user(ada)) as tx:
            await explain(tx, code)
    tools.clock.advance(days=31)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await purge_traces(tx, {})
    with pytest.raises(SupportCodeNotFound):
        await explained(tools, code)
