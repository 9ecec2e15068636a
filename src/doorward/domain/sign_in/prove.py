"""Ask the methods of a stage whether the answers prove anything, and count what was wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from doorward.domain.methods.method import Answers, Method, Methods, Occasion, Prompt, Proof
from doorward.domain.risk.failures import (
    Guess,
    Subject,
    forget_all_failures,
    forget_failures,
    forget_guess,
    was_wrong,
)
from doorward.domain.risk.guessing import guessing
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sign_in.attempts import Attempt
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_in.standing import enrolled_by
from doorward.domain.sign_in.trace import Trace
from doorward.domain.users.find import identifier_mac
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import FieldError, InvalidInput

CHOICE = "method"


@dataclass(frozen=True, slots=True)
class Proved:
    """A right answer. guess: as it was counted. again: judges it anew, by what is stored then; None if it is wrong by now."""

    proof: Proof
    guess: Guess | None
    again: Callable[[], Awaitable[Proof | None]]


async def offered(tx: Tx, attempt: Attempt) -> list[Method]:
    """The methods that serve at the attempt's stage, in order; none that was proved before."""
    known = attempt.stage != "first" or attempt.aim == "step-up"
    enrolled = await enrolled_by(tx, attempt.user_id) if known else frozenset[str]()
    proved = {kept.method for kept in attempt.proofs}
    serving = [
        method
        for method in tx.tools.hold(Methods).all
        if attempt.stage in method.stages
        and (attempt.stage == "enroll" or method.name not in proved)
        and await method.is_offered(tx, occasion_of(attempt, method), enrolled)
    ]
    if attempt.stage == "first" and attempt.aim == "step-up":
        # What they set up; a mail only to who has nothing else.
        return [method for method in serving if method.name in enrolled] or [each for each in serving if each.starts]
    return serving


async def prompts_for(tx: Tx, attempt: Attempt) -> tuple[Prompt, ...]:
    """What to ask for at the attempt's stage: what can be answered at once, and a choice of what has to be started first.

    Where nothing can be answered and one method can be started, it is: who proved something wants to go on.
    """
    methods = await offered(tx, attempt)
    waiting = [method for method in methods if method.starts and method.name not in attempt.started]
    if (attempt.stage != "first" or attempt.aim == "step-up") and len(methods) == len(waiting) == 1:
        await start(tx, attempt, waiting.pop())
    prompts: list[Prompt] = []
    for method in methods:
        if method not in waiting:
            prompts.extend(await method.prompts(tx, occasion_of(attempt, method)))
    if waiting:
        options = [method.name for method in waiting]
        prompts.append(Prompt(CHOICE, "choice", CHOICE, "Another way", data={"options": options}))
    return tuple(prompts)


def chosen(methods: Sequence[Method], answers: Answers) -> Method | None:
    """The method that the answers choose to start; None when they answer something else. Raises InvalidInput."""
    if CHOICE not in answers:
        return None
    for method in methods:
        if method.starts and method.name == answers[CHOICE]:
            return method
    raise InvalidInput(FieldError("/answers/method", "method-unknown", "Choose one of the options that were offered."))


async def start(tx: Tx, attempt: Attempt, method: Method) -> None:
    """Starts a method, such as by sending its mail."""
    await method.start(tx, occasion_of(attempt, method))
    if method.name not in attempt.started:
        attempt.started.append(method.name)


async def prove(tx: Tx, attempt: Attempt, methods: Sequence[Method], answers: Answers, trace: Trace) -> Proved:
    """The proof of the method whose prompt was answered. Wrong ones are counted before they are looked at.

    Raises TooManyAttempts, SignInFailed (after `trace` has it), or InvalidInput when no method asked for such answers.
    """
    method = next((each for each in methods if not each.answers.isdisjoint(answers)), None)
    if method is None or (method.starts and method.name not in attempt.started):
        raise InvalidInput(
            FieldError("/answers", "answers-unknown", "Answer one of the prompts, under the name that the prompt has.")
        )
    guess: Guess | None = None
    occasion = occasion_of(attempt, method)

    async def again() -> Proof | None:
        occasion.credentials = None
        proof = await method.prove(tx, occasion, answers)
        return proof if proof is not None and _is_expected(tx, attempt, proof) else None

    if method.guessable:
        try:
            async with guessing(tx, subject_of(tx, attempt)) as guess:
                trace.note("limits", passed=True)
                proof = await method.prove(tx, occasion, answers)
        except TooManyAttempts as problem:
            trace.note("limits", passed=False, seconds_left=problem.retry_after)
            raise
    else:
        proof = await method.prove(tx, occasion, answers)
    if proof is None or not _is_expected(tx, attempt, proof):
        trace.note("proof", method=method.name, right=False, **occasion.notes)
        if guess is not None:
            await was_wrong(tx, guess)
        raise SignInFailed
    trace.note("proof", method=method.name, right=True)
    return Proved(proof, guess, again)


async def forget(tx: Tx, attempt: Attempt, proof: Proof, guess: Guess | None) -> None:
    """Everything was proved, at last by `proof`: wrong answers before this count no more. guess: as the last answer was counted."""
    methods = tx.tools.hold(Methods)
    given = [(kept.method, kept.factors) for kept in attempt.proofs]
    if attempt.stage != "enroll":
        # What was set up just now shows nothing of who is there.
        given.append((proof.method, proof.factors))
    for name, factors in given:
        method = methods.named(name)
        if factors and method is not None and not method.guessable:
            # Whoever has it is no guesser, so it lifts the lock that guessers brought about, on every device.
            await forget_all_failures(tx, proof.user_id, by=name)
            return
    if guess is None:
        await forget_failures(tx, subject_of(tx, attempt))
    else:
        forget_guess(tx, guess)


def _is_expected(tx: Tx, attempt: Attempt, proof: Proof) -> bool:
    """Whether it is who was named. Also when nobody has the identifier: or else one's own passkey would tell who has none."""
    if attempt.user_id is None:
        return attempt.aim == "sign-up" or attempt.identifier == identifier_mac(tx, "")
    return proof.user_id == attempt.user_id


def occasion_of(attempt: Attempt, method: Method) -> Occasion:
    """The attempt as one method sees it."""
    memory = attempt.memory.setdefault(method.name, {})
    return Occasion(
        attempt.id, attempt.user_id, attempt.stage, memory, credentials=attempt.credentials.get(method.name)
    )


def subject_of(tx: Tx, attempt: Attempt) -> Subject:
    """Whom wrong answers are counted for."""
    return Subject(attempt.user_id, attempt.identifier, tx.actor.origin.address, attempt.device_id)
