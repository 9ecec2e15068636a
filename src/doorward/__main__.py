"""The command `doorward`. It imports nothing heavy, so that help appears at once."""

from __future__ import annotations

import gc
import sys

# What is imported stays: collecting garbage meanwhile finds none and costs a tenth of every start.
gc.disable()

from doorward.surfaces.cli.program import run  # noqa: E402 - see above


def main() -> None:
    """Runs the command line and ends the process with its exit code: 0 ok, 1 failure, 2 usage."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
