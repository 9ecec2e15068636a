"""Checking a document against a model, and Pydantic's findings in our own words: a pointer, a stable code, a remedy.

Pydantic's messages and locations repeat input (unknown member names, keys of free-form objects, custom errors of
libraries), and input may hold a password; so details are ours and pointers stop where names are no longer declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from doorward.http.strict_json import MalformedJson, parse
from doorward.kernel.problem import FieldError, InvalidInput

Model = TypeVar("Model", bound=BaseModel)

_PLAIN: Final[dict[str, tuple[str, str]]] = {
    "missing": ("required", "This is required. Send a value."),
    "extra_forbidden": ("unknown-member", "There is a member here that this operation does not know. Leave it out."),
    "string_type": ("wrong-type", "This must be a string."),
    "string_unicode": ("wrong-type", "This must be a string of valid Unicode."),
    "int_type": ("wrong-type", "This must be a whole number, without quotes."),
    "int_parsing": ("wrong-type", "This must be a whole number."),
    "int_from_float": ("wrong-type", "This must be a whole number."),
    "int_parsing_size": ("out-of-range", "This number is too large."),
    "float_type": ("wrong-type", "This must be a number, without quotes."),
    "float_parsing": ("wrong-type", "This must be a number."),
    "finite_number": ("out-of-range", "This must be a finite number."),
    "bool_type": ("wrong-type", "This must be true or false, without quotes."),
    "bool_parsing": ("wrong-type", "This must be true or false."),
    "dict_type": ("wrong-type", "This must be an object."),
    "model_type": ("wrong-type", "This must be an object."),
    "model_attributes_type": ("wrong-type", "This must be an object."),
    "dataclass_type": ("wrong-type", "This must be an object."),
    "list_type": ("wrong-type", "This must be an array."),
    "tuple_type": ("wrong-type", "This must be an array."),
    "set_type": ("wrong-type", "This must be an array without repetitions."),
    "none_required": ("wrong-type", "This must be null."),
    "date_type": ("wrong-type", "This must be a date such as 2026-01-31."),
    "date_parsing": ("invalid-date", "This must be a date such as 2026-01-31."),
    "date_from_datetime_parsing": ("invalid-date", "This must be a date such as 2026-01-31."),
    "datetime_type": ("wrong-type", "This must be a time in RFC 3339, such as 2026-01-31T12:00:00Z."),
    "datetime_parsing": ("invalid-time", "This must be a time in RFC 3339, such as 2026-01-31T12:00:00Z."),
    "datetime_from_date_parsing": ("invalid-time", "This must be a time in RFC 3339, such as 2026-01-31T12:00:00Z."),
    "timezone_aware": ("invalid-time", "This time needs its zone: add Z or an offset such as +01:00."),
    "uuid_type": ("wrong-type", "This must be a UUID as a string."),
    "uuid_parsing": ("invalid-id", "This must be a UUID."),
    "url_parsing": ("invalid-url", "This must be a URL such as https://example.com/page."),
    "url_scheme": ("invalid-url", "This URL has a scheme that is not allowed here. Use https."),
    "union_tag_not_found": ("required", "The member that tells which form this has is missing."),
    "union_tag_invalid": ("unknown-value", "The member that tells which form this has holds an unknown value."),
}

# With the limit that was broken, which is ours and not the caller's, from the error's context.
_LIMITS: Final[dict[str, tuple[str, str, str]]] = {
    "string_too_short": ("too-short", "min_length", "This must have at least {} characters."),
    "string_too_long": ("too-long", "max_length", "This must have at most {} characters."),
    "too_short": ("too-few", "min_length", "This must have at least {} entries."),
    "too_long": ("too-many", "max_length", "This must have at most {} entries."),
    "bytes_too_long": ("too-long", "max_length", "This must have at most {} bytes."),
    "greater_than": ("out-of-range", "gt", "This must be greater than {}."),
    "greater_than_equal": ("out-of-range", "ge", "This must be {} or more."),
    "less_than": ("out-of-range", "lt", "This must be less than {}."),
    "less_than_equal": ("out-of-range", "le", "This must be {} or less."),
    "multiple_of": ("out-of-range", "multiple_of", "This must be a multiple of {}."),
    "string_pattern_mismatch": ("wrong-form", "pattern", "This must have the form {}."),
    "literal_error": ("unknown-value", "expected", "This must be one of {}."),
    "enum": ("unknown-value", "expected", "This must be one of {}."),
}

_KNOWN: Final = frozenset(get_args(ErrorType))


def validate(model: type[Model], body: bytes) -> Model:
    """The document in `body` as an instance of `model`, in Pydantic's strict mode for JSON.

    Raises MalformedJson when it is not JSON, InvalidInput with every broken rule when it is not such a document.
    """
    parse(body)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    raise invalid(details, declared=declared_names(model))


@cache
def declared_names(model: type[BaseModel]) -> frozenset[str]:
    """Every member name that a model and the models inside it declare."""
    schema = model.model_json_schema()
    found: set[str] = set()
    for each in (schema, *schema.get("$defs", {}).values()):
        found.update(each.get("properties", ()))
    return frozenset(found)


def invalid(
    details: Iterable[Mapping[str, Any]], *, declared: frozenset[str], within: str = ""
) -> InvalidInput | MalformedJson:
    """Pydantic's error details as a problem to raise.

    declared: the member names that may appear in pointers. within: what each pointer begins with.
    """
    errors: dict[FieldError, None] = {}
    for detail in details:
        if detail["type"] == "json_invalid":
            return MalformedJson("The body cannot be read as JSON: syntax error.")
        errors[field_error(detail, declared=declared, within=within)] = None
    return InvalidInput(*errors)


def field_error(detail: Mapping[str, Any], *, declared: frozenset[str], within: str = "") -> FieldError:
    """One of Pydantic's error details as ours."""
    kind: str = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    place = pointer(detail["loc"], declared, within)
    if kind in _LIMITS:
        code, key, sentence = _LIMITS[kind]
        return FieldError(place, code, sentence.format(context[key]))
    if kind in _PLAIN:
        code, sentence = _PLAIN[kind]
        return FieldError(place, code, sentence)
    if kind not in _KNOWN:
        # A PydanticCustomError of our own models: the code and the sentence were written for callers.
        return FieldError(place, kind.replace("_", "-"), detail["msg"])
    return FieldError(place, "invalid-value", "This value is not valid here. See the API's description for its form.")


def pointer(location: Iterable[str | int], declared: frozenset[str], within: str = "") -> str:
    """Pydantic's location as a JSON pointer that ends before the first name which no model declares."""
    parts = [within]
    for part in location:
        if isinstance(part, str) and part not in declared:
            break
        parts.append("/" + str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(parts)
