"""`doorward version`."""

from __future__ import annotations

import platform

from doorward import __version__
from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.show import print_json, print_line


def version(*, as_json: AsJson = False) -> None:
    """Say which version this is, and which revision of the schema it works with."""
    from doorward.infra.database.migrate import newest

    if as_json:
        print_json({"name": "doorward", "version": __version__, "schema": newest()})
    else:
        print_line(f"doorward {__version__} (schema {newest()}, Python {platform.python_version()})")
