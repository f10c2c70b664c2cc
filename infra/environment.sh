#!/bin/sh
# The environment: makes a virtual environment in $1 and installs the files that the lock $2 names, by hash.
# Works with a Python of 3.11 or later and nothing else; prefers the one that Lambda runs.
set -eu
venv=$1
lock=$2

is_suitable() {
    # A name on the PATH proves nothing: a version switcher answers for versions it does not have.
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if ! is_suitable "$venv/bin/python"; then
    python=
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if is_suitable "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Forecourt needs Python 3.11 or later with its venv module, and found none." >&2
        echo "Install it (Debian and Ubuntu: apt install python3.11-venv; macOS: brew install python@3.13)," >&2
        echo "then run the same command again." >&2
        exit 1
    fi
    echo "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
fi

echo "Installing what $lock names (a minute or two, once) ..."
# Wheels only: a source distribution would run code, with build tools that no hash holds.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
