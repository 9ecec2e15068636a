"""A request's body as JSON, read without leniency; what is wrong with it becomes a problem."""

from __future__ import annotations

from doorward.infra import strict_json
from doorward.kernel.problem import Kind, Problem


class MalformedJson(Problem):
    """The body is not JSON, or not unambiguous JSON: the detail says what is wrong and at which character or byte.

    Refused beside plain syntax errors: NaN and Infinity, numbers beyond 64-bit floating point, lone surrogates, the same
    member twice in one object, nesting deeper than 32 levels, a byte order mark, anything after the document.

    Remedy: Mend the place that the detail names, or have a JSON library write the body.
    """

    code = "malformed-json"
    kind = Kind.MALFORMED
    title = "The body is not well-formed JSON"


def parse(body: bytes) -> object:
    """The document in `body` as plain Python values. Raises MalformedJson, which tells what and where but never echoes."""
    try:
        return strict_json.parse(body)
    except strict_json.NotStrictJson as error:
        reason = str(error)
    raise MalformedJson(reason)
