#!/bin/sh
# Makes .venv and installs what the hash-pinned requirements file of one purpose names, then Doorward itself.
#
#   scripts/bootstrap.sh run     what `doorward serve` needs
#   scripts/bootstrap.sh dev     the above and everything the tests and checks need
#   scripts/bootstrap.sh deploy  programs that check the files of deploy/ and .github/, into .venv-deploy
#   scripts/bootstrap.sh load    what loads a running server, into .venv-load
#   scripts/bootstrap.sh docs    what makes a site of the documentation, into .venv-docs
#
# Needs only a Python 3.11 or newer, or uv. It runs again only when a requirements file or pyproject.toml changed.
set -eu

cd "$(dirname "$0")/.."
purpose="${1:-run}"
requirements="requirements/$purpose.txt"
environment="${DOORWARD_VENV:-.venv}"
# Programs that work on Doorward from outside have an environment of their own, without Doorward.
has_doorward=yes
case "$purpose" in deploy | load | docs) environment=".venv-$purpose"; has_doorward=no ;; esac
# Compiled once at installation, so that the first start is as fast as the second.
UV_COMPILE_BYTECODE=1
export UV_COMPILE_BYTECODE

if [ ! -f "$requirements" ]; then
    echo "bootstrap: there is no $requirements; the purposes are: $(ls requirements | sed 's/\.txt$//' | tr '\n' ' ')" >&2
    exit 2
fi

stamp="$environment/.installed-$purpose"
wanted="$(cat "$requirements" pyproject.toml scripts/bootstrap.sh | cksum)"
if [ "$has_doorward" = no ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
# The development set holds the run set whole, so a development environment also serves.
if [ "$has_doorward" = yes ] && [ -x "$environment/bin/doorward" ]; then
    for had in "$stamp" "$environment/.installed-dev"; do
        if [ "$had" = "$environment/.installed-dev" ]; then
            wanted_here="$(cat requirements/dev.txt pyproject.toml scripts/bootstrap.sh | cksum)"
        else
            wanted_here="$wanted"
        fi
        if [ -f "$had" ] && [ "$(cat "$had")" = "$wanted_here" ]; then exit 0; fi
    done
fi

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
        [ -n "$candidate" ] || continue
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

usable() { [ -x "$environment/bin/python" ] && "$environment/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

uv=""
if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then uv="$(command -v uv)"; fi

if ! usable; then
    rm -rf "$environment"
    if python="$(find_python)"; then
        "$python" -m venv "$environment"
    elif [ -n "$uv" ]; then
        "$uv" venv --quiet --seed --python 3.13 "$environment"
    else
        echo "bootstrap: Doorward needs Python 3.11 or newer (with venv), or uv, and neither is on the PATH." >&2
        echo "bootstrap: install one of them, or name a Python: PYTHON=/path/to/python3.13 $0 $purpose" >&2
        exit 1
    fi
fi

if [ -z "$uv" ]; then
    if [ -x "$environment/bin/uv" ]; then uv="$environment/bin/uv"
    elif "$environment/bin/python" -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1; then uv="$environment/bin/uv"
    fi
fi

echo "bootstrap: installing the $purpose set into $environment" >&2
if [ -n "$uv" ]; then
    # `pip sync` would take uv itself away when it lives in this environment.
    "$uv" pip install --quiet --require-hashes --python "$environment/bin/python" -r "$requirements"
    if [ "$has_doorward" = yes ]; then
        "$uv" pip install --quiet --no-deps --python "$environment/bin/python" --editable .
    fi
else
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
    if [ "$has_doorward" = yes ]; then
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
    fi
fi
if [ "$has_doorward" = yes ]; then "$environment/bin/python" -m compileall -q src || true; fi
printf '%s' "$wanted" >"$stamp"
