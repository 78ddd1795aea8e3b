# The commands of the project; each does all of its own set-up. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench lock clean packages

BIN := .venv/bin
BUILT := src/closeloop/web/console/static/built/htmx.min.js
# Debian packages that a command needs beyond python3-venv; `make test bench` needs both commands'.
PACKAGES_test := postgresql chromium libatomic1 curl
PACKAGES_bench := postgresql wrk
PACKAGES := $(sort $(foreach goal,$(MAKECMDGOALS),$(PACKAGES_$(goal))))
export UV_PYTHON_DOWNLOADS := never

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: .venv/installed $(BUILT) ## make .venv with closeloop in it
	@:

demo: setup ## play five leads from web form to report, then leave the console open
	@$(BIN)/closeloop demo $(ARGS)

test: setup ## run the tests, on SQLite and on a private PostgreSQL; ARGS go to pytest
	$(BIN)/pytest $(ARGS)

check: setup ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## print the benchmark's table; JSON=1 for one object a line
	@PYTHONPATH=.:tests $(BIN)/python -m bench $(if $(JSON),--json) $(ARGS)

lock: .venv/installed ## resolve every version anew, after a change of dependencies
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS) -o requirements.lock
	$(BIN)/python tools/assets.py lock

clean: ## remove what the other commands made, but no database
	rm -rf .venv node_modules dist $(dir $(BUILT))
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/installed: requirements.lock pyproject.toml tools/setup.sh | packages
	@tools/setup.sh

# First of all, so that who may not install packages hears of every missing one at once.
packages:
	@tools/need.sh $(if $(wildcard $(BIN)/uv),,python3-venv) $(PACKAGES)

$(BUILT): package-lock.json tools/assets.py | .venv/installed
	@$(BIN)/python tools/assets.py
