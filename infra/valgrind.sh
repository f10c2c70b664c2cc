#!/bin/sh
# Valgrind, by which `make icount` counts instructions. Does nothing where it is installed; else fetches
# Debian's package by its name and unpacks it into build/valgrind, which needs no root.
set -eu
cd "$(dirname "$0")/.."
place=build/valgrind

if command -v valgrind >/dev/null 2>&1 || [ -x "$place/usr/bin/valgrind" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
    echo "Instructions are counted by valgrind, which is not installed here, and this is no Debian or Ubuntu" >&2
    echo "on which it could be fetched. Install it (Fedora: dnf install valgrind), or count on such a machine." >&2
    exit 1
fi
echo "Fetching valgrind into $place ..."
rm -rf "$place" "$place.package"
mkdir -p "$place.package"
cd "$place.package"
# A machine that was just made has no list of packages yet; only root may fetch one.
apt-get -q download valgrind >/dev/null 2>&1 || {
    apt-get -q update >/dev/null
    apt-get -q download valgrind >/dev/null
}
dpkg-deb -x valgrind_*.deb ../valgrind
cd ../..
rm -rf "$place.package"
VALGRIND_LIB="$place/usr/libexec/valgrind" "$place/usr/bin/valgrind" --version
