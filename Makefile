# Parley: `make run` and talk to http://127.0.0.1:8000. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
LOCK := deploy/requirements
PEERS_VENV ?= .venv-peers
CHECKED := platform/parley agents channels_io inference tests manage.py

.PHONY: run demo test check fix builder bench bench-peers lock clean help

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
	@$(PY) -m pytest --numprocesses 3 --dist loadfile --ignore tests/browser tests
	@$(PY) -m pytest tests/browser
endif

check: $(VENV)/.dev ## Lint, formatting, types, import rules, migrations, system checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs: run 'make fix'."; exit 1; }
	@$(BIN)/mypy
	@PYTHONPATH=platform:. $(BIN)/lint-imports --no-cache | tail -n 25
	@$(PY) manage.py makemigrations --check --dry-run --verbosity 0 || { echo "Models differ from migrations: run '$(PY) manage.py makemigrations'."; exit 1; }
	@$(PY) manage.py check --fail-level WARNING
	@bash agents/builder/check.sh

fix: $(VENV)/.dev ## Format and repair what can be repaired by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

builder: ## Build the flow canvas (agents/builder) into its static folder; needs Node 20 or newer
	@cd agents/builder && npm ci --silent && npm run --silent build

bench: $(VENV)/.local ## Measure everything from outside and write docs/benchmarks.md (ONLY=load: that again; CELL=real: print one cell)
	@exec $(PY) manage.py benchvoice $(if $(CELL),--cell $(CELL),--all $(addprefix --only ,$(ONLY))) $(ARGS)

bench-peers: $(VENV)/.local $(PEERS_VENV)/.installed ## Measure pipecat with the same weights and clips beside Parley, call by call (ARGS="--n 25")
	@exec $(PY) manage.py benchpeers --python $(PEERS_VENV)/bin/python $(ARGS)

lock: ## Renew the hash-locked requirements (needs uv; UPGRADE=1 takes the newest versions that fit)
	@command -v uv >/dev/null || { echo "uv is not installed; see CONTRIBUTING.md, 'Dependencies'."; exit 1; }
	uv pip compile $(LOCK_FLAGS) $(if $(UPGRADE),--upgrade) --extra local --extra dev pyproject.toml -o $(LOCK)/dev.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt --extra local pyproject.toml -o $(LOCK)/local.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt pyproject.toml -o $(LOCK)/base.txt
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

clean: ## Remove the environment and caches; your data in var/ stays
	@rm -rf $(VENV) $(PEERS_VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A stamp per set of packages, so a second start is instant. The development set contains the local one.
$(VENV)/.dev: $(LOCK)/dev.txt deploy/install.sh
	@bash deploy/install.sh $(VENV) $(LOCK)/dev.txt
	@touch $(VENV)/.local $@

$(VENV)/.local: $(LOCK)/local.txt deploy/install.sh
	@bash deploy/install.sh $(VENV) $(LOCK)/local.txt
	@touch $@

# The peer lives apart: its packages never meet ours. Built with our Python, and not needed by anything else.
$(PEERS_VENV)/.installed: deploy/bench_peers/pipecat.txt | $(VENV)/.local
	@$(PY) -m venv $(PEERS_VENV)
	@echo "Installing pipecat into $(PEERS_VENV) (a few minutes the first time)"
	@$(PEERS_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes --disable-pip-version-check --requirement $<
	@touch $@
