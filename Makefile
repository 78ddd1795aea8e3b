# The commands of the project; each does all of its own set-up. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench bench-identity bench-sync lock clean packages

BIN := .venv/bin
BUILT := src/closeloop/web/console/static/built/htmx.min.js
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS)
# Debian packages that a command needs beyond python3-venv; `make test bench` needs both commands'.
PACKAGES_test := postgresql chromium libatomic1 curl default-jre-headless
PACKAGES_bench := postgresql wrk
PACKAGES_bench-identity := postgresql
PACKAGES_bench-sync := postgresql
PACKAGES := $(sort $(foreach goal,$(MAKECMDGOALS),$(PACKAGES_$(goal))))
export UV_PYTHON_DOWNLOADS := never

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

setup: .venv/installed $(BUILT) ## make .venv with closeloop in it
	@:

demo: setup ## play five leads from web form to report, then leave the console open
	@$(BIN)/closeloop demo $(ARGS)

test: setup .venv/spark .venv/tryton/ready ## run the tests, on SQLite and on a private PostgreSQL; ARGS go to pytest
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

check: setup ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## print the benchmark's table; JSON=1 for one object a line
	@PYTHONPATH=.:tests $(BIN)/python -m bench $(if $(JSON),--json) $(ARGS)

bench-identity: setup ## print how right and how fast matching is; SIZES, PARTS, DATABASES choose
	@PYTHONPATH=.:tests $(BIN)/python -m bench.identity $(if $(JSON),--json) $(ARGS)

bench-sync: setup ## print how fast systems are kept alike; SIZES, PARTS, DATABASES choose
	@PYTHONPATH=.:tests $(BIN)/python -m bench.sync $(if $(JSON),--json) $(ARGS)

lock: .venv/installed ## resolve every version anew, after a change of dependencies
	$(LOCK) pyproject.toml --group dev -o requirements.lock
	$(LOCK) --group spark -o requirements-spark.lock
	$(LOCK) requirements-tryton.in -o requirements-tryton.lock
	$(BIN)/python tools/assets.py lock

clean: ## remove what the other commands made, but no database
	rm -rf .venv node_modules dist $(dir $(BUILT))
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/installed: requirements.lock pyproject.toml tools/setup.sh | packages
	@tools/setup.sh

# Spark is large and of use to few, so only the tests bring it.
.venv/spark: requirements-spark.lock .venv/installed
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes --no-deps -r requirements-spark.lock
	@touch $@

# A real Tryton, which only the tests bring: half a minute, most of it to fill the database that they copy.
.venv/tryton/ready: requirements-tryton.lock tools/tryton.sh | .venv/installed
	@tools/tryton.sh

# First of all, so that who may not install packages hears of every missing one at once.
packages:
	@tools/need.sh $(if $(wildcard $(BIN)/uv),,python3-venv) $(PACKAGES)

$(BUILT): package-lock.json tools/assets.py | .venv/installed
	@$(BIN)/python tools/assets.py
