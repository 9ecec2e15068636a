"""What a sign-in still needs: proofs and rules in, a decision out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from doorward.domain.methods.method import Prompt


@dataclass(frozen=True, slots=True)
class Decision:
    """Done, or what to ask for next."""

    prompts: tuple[Prompt, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nothing more is needed."""
        return not self.prompts


def decide(proofs: Collection[str], offered: Sequence[Prompt]) -> Decision:
    """What is still needed. proofs: the methods that were proved. offered: what each method would ask for.

    One proof of any method is enough; until then every method is offered.
    """
    return Decision() if proofs else Decision(tuple(offered))
