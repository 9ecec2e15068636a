"""How the schemas of OpenAPI are told: what may stand in a member, and tables of members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_REFERENCE: Final = "#/components/schemas/"
Schema = Mapping[str, Any]


def resolved(schema: Schema, document: Schema) -> tuple[str | None, Schema]:
    """The schema that one refers to, and its name; a schema without a name as it is. Null beside it is left out."""
    others = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(others) == 1:
        schema = others[0]
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return name, document["components"]["schemas"][name]
    return None, schema


def value_of(schema: Schema, document: Schema) -> str:
    """What may be put in, in words, with limits."""
    kinds = schema.get("anyOf")
    if kinds:
        return " or ".join(dict.fromkeys(value_of(each, document) for each in kinds))
    if "$ref" in schema:
        return shape_link(schema["$ref"].removeprefix(_REFERENCE))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    return _by_type(schema, document)


def _by_type(schema: Schema, document: Schema) -> str:  # noqa: PLR0911 - a table
    match schema.get("type"):
        case "string" if schema.get("format") == "date-time":
            return "time (RFC 3339)"
        case "string":
            return "text" + _bounds(schema, "minLength", "maxLength", " characters")
        case "integer":
            return "whole number" + _bounds(schema, "minimum", "maximum", "")
        case "boolean":
            return "`true`, `false`"
        case "null":
            return "null"
        case "array":
            return f"list of {value_of(schema['items'], document)}" + _bounds(
                schema, "minItems", "maxItems", " entries"
            )
        case "object":
            inner = schema.get("additionalProperties")
            of = f" of {value_of(inner, document)}" if isinstance(inner, Mapping) and inner else ""
            return f"object{of}" + _bounds(schema, "minProperties", "maxProperties", " members")
        case _:
            return "any value"


def _bounds(schema: Schema, least_name: str, most_name: str, unit: str) -> str:
    least, most = schema.get(least_name), schema.get(most_name)
    if least is not None and most is not None:
        return f", {least} to {most}{unit}"
    if most is not None:
        return f", at most {most}{unit}"
    return f", at least {least}{unit}" if least is not None else ""


def default_of(schema: Schema, *, needed: bool) -> str:
    """What holds when it is left out."""
    if needed:
        return "needed"
    default = schema.get("default")
    if default is None or default in ("", [], {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def rows_of(schema: Schema, document: Schema) -> list[tuple[str, str, str, str]]:
    """The members of an object: name, value, default, meaning."""
    needed = schema.get("required", ())
    return [
        (
            f"`{name}`",
            value_of(member, document),
            default_of(member, needed=name in needed),
            member.get("description", ""),
        )
        for name, member in schema.get("properties", {}).items()
    ]


def shape_link(name: str) -> str:
    """A link to where a shape is described."""
    if name.startswith("ListView_"):
        inner = name.removeprefix("ListView_").rstrip("_")
        return f"[page](README.md#lists) of {shape_link(inner)}"
    return f"[{name.removesuffix('View')}](shapes.md#{name.removesuffix('View').lower()})"
