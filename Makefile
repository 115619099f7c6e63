# kap: `make demo` to look at it, `make test` to check it, `make help` for the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

.PHONY: help demo setup run test lint bench lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: $(VENV)/.runs ## Serve a synthetic clinic at http://127.0.0.1:8000 and say how to sign in
	@# Where the clinic is there already, it is looked after while the server starts.
	@if [ -e "$${KAP_INSTANCE:-instance}/demo-accounts.json" ]; then ($(BIN)/flask demo &); else $(BIN)/flask demo; fi \
		&& exec $(BIN)/gunicorn wsgi:app

setup: $(VENV)/.runs ## Make a real clinic and print the link for its first lead
	@$(BIN)/flask setup $(ARGS)

run: $(VENV)/.runs ## Serve a real clinic (once before: make setup)
	@$(BIN)/flask db upgrade
	@exec $(BIN)/gunicorn wsgi:app

test: $(VENV)/.tests ## Run all tests, on all cores
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(VENV)/.tests ## Check style, types, imports and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates

bench: $(VENV)/.tests ## Measure, and print ratios (some minutes; ARGS=--quick for less)
	@$(BIN)/python -m tests.bench $(ARGS)

lock: $(VENV)/.tests ## Pin the newest packages that requirements*.in allow
	$(LOCK) --upgrade requirements-build.in -o requirements-build.txt
	$(LOCK) --upgrade requirements.in -o requirements.txt
	$(LOCK) --upgrade --constraint requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## Remove the installed packages (never the instance)
	rm -rf $(VENV)

# A stamp says what is installed; a change of the pinned packages installs again.
$(VENV)/.runs: requirements-build.txt requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kap needs Python 3.11 or newer: make PYTHON=...")'
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements-build.txt
	@$(INSTALL) --no-build-isolation --use-pep517 -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements-dev.txt $(VENV)/.runs
	@echo "Installing what the tests need ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
