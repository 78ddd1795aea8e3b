#!/usr/bin/env bash
# Makes .venv with Closeloop in it, every package at the version and hash of requirements.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv"

if [ ! -x .venv/bin/uv ]; then
  python=$(tools/python.sh)
  "$python" -m venv .venv
  uv_alone=$(mktemp)
  trap 'rm -f "$uv_alone"' EXIT
  sed -n '/^uv==/,/[^\\]$/p' requirements.lock >"$uv_alone"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$uv_alone"
fi

.venv/bin/uv pip sync --quiet --require-hashes requirements.lock
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation -e .
touch .venv/installed
