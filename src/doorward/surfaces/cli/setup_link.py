"""`doorward setup-link`."""

from __future__ import annotations

import typer

from doorward.surfaces.cli.run import write
from doorward.surfaces.cli.show import note, print_line


def setup_link() -> None:
    """Print a new link to the page that makes the first administrator.

    It works once, for 30 minutes, and only while there is no administrator. Links printed before stop working.
    """
    from doorward.domain.setup.link import LIFETIME, new_link
    from doorward.places import public_url
    from doorward.settings import read_settings

    secret = write(new_link)
    if secret is None:
        note("doorward: There is an administrator already. `doorward role grant admin USER` makes another.")
        raise typer.Exit(1)
    print_line(f"{public_url(read_settings())}/setup?link={secret}")
    note(f"It works once, within {int(LIFETIME.total_seconds() // 60)} minutes.")
