"""The examples within the description of the API, where ReDoc and other programs look for them (`x-codeSamples`)."""

from __future__ import annotations

from typing import Any

from doorward.surfaces.rest.examples import render
from doorward.surfaces.rest.examples.every import EXAMPLES, name_of
from doorward.surfaces.rest.operations import OPERATIONS


def add_samples(document: dict[str, Any]) -> None:
    """Adds the examples to an OpenAPI document, each with what it begins with, since each is read alone there."""
    for operation in OPERATIONS:
        example = EXAMPLES.get(name_of(operation))
        described = document["paths"].get(operation.path, {}).get(operation.method.lower())
        if example is None or described is None:
            continue
        names = render.variables_of(operation, example)
        described["x-codeSamples"] = [
            {"lang": lang, "label": label, "source": f"{begin(names)}\n\n{write(operation, example)}\n"}
            for lang, label, begin, write in (
                ("Shell", "curl", render.begin_shell, render.curl),
                ("Python", "Python", render.begin_python, render.python),
                ("TypeScript", "TypeScript", render.begin_typescript, render.typescript),
            )
        ]
