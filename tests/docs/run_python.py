"""Runs pieces of Python one after another, as each would run alone: reads JSON lines with `text` and `variables`, answers what was printed.

One process for all of them, since importing what they begin with takes longer than they do.
"""

import contextlib
import io
import json
import os
import sys
import traceback

for line in sys.stdin:
    asked = json.loads(line)
    os.environ.update(asked["variables"])
    printed = io.StringIO()
    error = ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(asked["text"], "example.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is the task
        except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
            error = traceback.format_exc()
    sys.stdout.write(json.dumps({"printed": printed.getvalue(), "error": error}) + "\n")
    sys.stdout.flush()
