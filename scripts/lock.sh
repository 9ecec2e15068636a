#!/bin/sh
# Writes the hash-pinned requirements files, or with --check says which of them no longer follow from pyproject.toml.
# Existing pins are kept unless --upgrade is given.
set -eu
cd "$(dirname "$0")/.."
uv="$(command -v uv || echo .venv/bin/uv)"
mode="${1:-write}"

lock() { # file, then what to put into it
    target="$1"; shift
    output="$target"
    if [ "$mode" = "--check" ]; then
        output="$(mktemp)"; cp "$target" "$output"
    fi
    upgrade=""
    if [ "$mode" = "--upgrade" ]; then upgrade="--upgrade"; fi
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links $upgrade "$@" -o "$output"
    if [ "$mode" = "--check" ]; then
        if ! cmp -s "$output" "$target"; then
            echo "lock: $target is behind pyproject.toml; run 'make lock' and commit it." >&2
            rm -f "$output"; exit 1
        fi
        rm -f "$output"
    fi
}

lock requirements/run.txt pyproject.toml --extra all
lock requirements/dev.txt pyproject.toml --extra all --group dev
# Programs that work on Doorward from outside: without what it stands on.
lock requirements/deploy.txt --group deploy
lock requirements/load.txt --group load
lock requirements/docs.txt --group docs
