# Parley: `make run` and talk to http://127.0.0.1:8000. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
LOCK := deploy/requirements
CHECKED := platform/parley agents channels_io inference tests manage.py

.PHONY: run demo test check fix bench lock clean help

run: $(VENV)/.local ## Start everything on this machine, place a first spoken call, serve until Ctrl-C
	@exec $(PY) manage.py up

demo: $(VENV)/.local ## The same, but stop after the first call: exit code 0 when the right answer was heard
	@exec $(PY) manage.py up --demo

# The browser has a process of its own: Playwright keeps an event loop running in it, which other tests cannot have.
test: $(VENV)/.dev ## Run all tests (fetches the small test weights once); ARGS=... goes to pytest instead
	@$(PY) -m inference.catalogue pull --profile tiny
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest --numprocesses 2 --dist loadfile --ignore tests/browser tests
	@$(PY) -m pytest tests/browser
endif

check: $(VENV)/.dev ## Lint, formatting, types, import rules, migrations, system checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs: run 'make fix'."; exit 1; }
	@$(BIN)/mypy
	@PYTHONPATH=platform:. $(BIN)/lint-imports --no-cache | tail -n 25
	@$(PY) manage.py makemigrations --check --dry-run --verbosity 0 || { echo "Models differ from migrations: run '$(PY) manage.py makemigrations'."; exit 1; }
	@$(PY) manage.py check --fail-level WARNING

fix: $(VENV)/.dev ## Format and repair what can be repaired by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.local ## Measure voice-to-voice from outside (CELL=real|fake-segment|fake-stream|load, ARGS="--set fresh")
	@exec $(PY) manage.py benchvoice --cell $(or $(CELL),real) $(ARGS)

lock: ## Renew the hash-locked requirements (needs uv; UPGRADE=1 takes the newest versions that fit)
	@command -v uv >/dev/null || { echo "uv is not installed; see CONTRIBUTING.md, 'Dependencies'."; exit 1; }
	uv pip compile $(LOCK_FLAGS) $(if $(UPGRADE),--upgrade) --extra local --extra dev pyproject.toml -o $(LOCK)/dev.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt --extra local pyproject.toml -o $(LOCK)/local.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt pyproject.toml -o $(LOCK)/base.txt
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

clean: ## Remove the environment and caches; your data in var/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A stamp per set of packages, so a second start is instant. The development set contains the local one.
$(VENV)/.dev: $(LOCK)/dev.txt deploy/install.sh
	@bash deploy/install.sh $(VENV) $(LOCK)/dev.txt
	@touch $(VENV)/.local $@

$(VENV)/.local: $(LOCK)/local.txt deploy/install.sh
	@bash deploy/install.sh $(VENV) $(LOCK)/local.txt
	@touch $@
