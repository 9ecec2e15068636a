#!/bin/sh
# The whole suite: first what can run side by side, on every core, then the faults, which measure and kill, one by one.
# Everything given is handed to pytest, such as a path or `-k name`. COVERAGE_DATA: where what was run is noted, if it is.
set -eu
cd "$(dirname "$0")/.."
python=".venv/bin/python"

run() {
    "$python" ${COVERAGE_DATA:+-m coverage run "--data-file=$COVERAGE_DATA"} -m pytest "$@" && return 0
    code=$?
    # 5: what was asked for has no tests of this sort.
    [ "$code" -eq 5 ] || exit "$code"
}

run -n auto -m "not fault" "$@"
run -m fault "$@"
