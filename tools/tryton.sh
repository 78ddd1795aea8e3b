#!/usr/bin/env bash
# Makes .venv/tryton: a Tryton of its own at the versions of requirements-tryton.lock, and a database to copy for tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
folder="$PWD/.venv/tryton"
modules=(party party_relationship company sale sale_history sale_opportunity)

rm -rf "$folder"
.venv/bin/uv venv --quiet --python .venv/bin/python "$folder"
VIRTUAL_ENV="$folder" .venv/bin/uv pip sync --quiet --require-hashes requirements-tryton.lock

mkdir "$folder/template"
cat >"$folder/template/tryton.conf" <<CONFIGURATION
[database]
uri = sqlite://
path = $folder/template
CONFIGURATION
echo closeloop-tryton >"$folder/template/password"
: >"$folder/template/crm.sqlite"
administer() { "$folder/bin/trytond-admin" -c "$folder/template/tryton.conf" -d crm "$@" 2>"$folder/template/log"; }
if ! { TRYTONPASSFILE="$folder/template/password" administer --all --email admin@example.com -p &&
  administer -u "${modules[@]}" --activate-dependencies -l en; }; then
  cat "$folder/template/log" >&2
  exit 1
fi
touch "$folder/ready"
