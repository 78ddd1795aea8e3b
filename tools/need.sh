#!/usr/bin/env bash
# Sees that Debian packages are there: `need.sh PACKAGE...` installs what is missing, or names it.
set -euo pipefail

have() {
  case "$1" in
    python3-venv) "$(dirname "$0")/python.sh" >/dev/null 2>&1 ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    default-jre-headless) command -v java >/dev/null ;;
    libatomic1) compgen -G '/usr/lib*/libatomic.so.1' >/dev/null || compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
for package in "$@"; do have "$package" || missing+=("$package"); done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
  as_root=(sudo)
else
  as_root=(false)
fi

if command -v apt-get >/dev/null && [ "${as_root[*]-}" != false ]; then
  echo "Installing with apt-get: ${missing[*]}" >&2
  apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null; }
  apt update && apt install -y --no-install-recommends "${missing[@]}" && exit 0
fi

cat >&2 <<MESSAGE
Closeloop needs these Debian packages, and they could not be installed from here: ${missing[*]}
Ask somebody who may install them to run:
  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}
and then repeat the same command.
MESSAGE
exit 1
