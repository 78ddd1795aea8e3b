#!/usr/bin/env bash
# Names a Python, 3.11 or later, that can make a virtual environment; fails when there is none.
set -euo pipefail

for python in ${PYTHON:-} python3.11 /usr/bin/python3 python3 python3.12 python3.13 python3.14; do
  path=$(command -v "$python") || continue
  "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
  echo "$path"
  exit 0
done
echo "Closeloop needs Python 3.11 or later with venv and ensurepip; name one by PYTHON=/path/to/python." >&2
exit 1
