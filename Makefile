# Parley: `make run` and talk to http://127.0.0.1:8000. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
# Each process of ours would compile all of our modules again: with it, the web process takes half as long again to start.
unexport PYTHONDONTWRITEBYTECODE

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
LOCK := deploy/requirements
PEERS_VENV ?= .venv-peers
COQUI_VENV ?= .venv-coqui
VLLM_VENV ?= .venv-vllm
RAY_VENV ?= .venv-ray
DEPLOY_VENV ?= .venv-deploy
CHECKED := platform/parley agents channels_io inference tests manage.py

.PHONY: run demo test test-story test-coqui test-vllm test-switch test-ray test-deploy check check-rules check-types check-builder fix builder bench bench-peers lock clean help

run: $(VENV)/.local ## Start everything on this machine, place a first spoken call, serve until Ctrl-C
	@exec $(PY) manage.py up

demo: $(VENV)/.local ## The same, but stop after the first call: exit code 0 when the right answer was heard
	@exec $(PY) manage.py up --demo

# The browser has a process of its own: Playwright keeps an event loop running in it, which other tests cannot have.
test: $(VENV)/.dev ## Run all tests (fetches the small test weights once); ARGS=... goes to pytest instead
	@$(PY) -m inference.catalogue pull --profile tiny
	@$(PY) -m inference.catalogue pull --model whisper-base
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --ignore tests/browser tests
	@$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not story" tests/browser
endif

test-story: $(VENV)/.dev ## The default models through a call, a chat and WhatsApp with a person's help, in two browsers (ten quiet minutes)
	@$(PY) -m inference.catalogue pull
	@$(PY) -m pytest -m story tests/browser $(ARGS)

test-coqui: $(COQUI_VENV)/.installed ## The Coqui voices, really computed with small random weights, in their own environment
	@OMP_NUM_THREADS=2 $(COQUI_VENV)/bin/python -m pytest -c tests/engines_coqui/pytest.ini tests/engines_coqui $(ARGS)

test-vllm: $(VLLM_VENV)/.installed ## vLLM with a small model on the processor, in its own environment (3.5 GB the first time)
	@HF_HUB_OFFLINE=1 $(VLLM_VENV)/bin/python -m inference.catalogue.hugging_face smollm2-135m
	@OMP_NUM_THREADS=2 VLLM_LOGGING_LEVEL=ERROR $(VLLM_VENV)/bin/python -m pytest -c tests/engines_vllm/pytest.ini tests/engines_vllm $(ARGS)

test-switch: $(VENV)/.dev $(VLLM_VENV)/.installed ## One agent's conversations on llama.cpp, vLLM and an OpenAI URL, chosen in its settings (5 minutes, 8 GB)
	@$(PY) -m inference.catalogue pull --model qwen2.5-coder-1.5b
	@HF_HUB_OFFLINE=1 $(VLLM_VENV)/bin/python -m inference.catalogue.hugging_face qwen2.5-coder-1.5b
	@PARLEY_VENV_VLLM=$(abspath $(VLLM_VENV)) $(PY) -m pytest -s tests/engines_switch $(ARGS)

check: ## Lint, formatting, types, import rules, migrations, system checks, the builder's bundle
	@$(MAKE) --jobs 3 check-builder check-types check-rules

check-rules: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs: run 'make fix'."; exit 1; }
	@PYTHONPATH=platform:. $(BIN)/lint-imports --no-cache | tail -n 25
	@$(PY) manage.py makemigrations --check --dry-run --verbosity 0 || { echo "Models differ from migrations: run '$(PY) manage.py makemigrations'."; exit 1; }
	@$(PY) manage.py check --fail-level WARNING

check-types: $(VENV)/.dev
	@$(BIN)/mypy

check-builder: # needs no environment: while that is being installed, this runs beside it
	@bash agents/builder/check.sh

fix: $(VENV)/.dev ## Format and repair what can be repaired by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

test-ray: $(RAY_VENV)/.installed ## Two replicas of the worker on a Ray of its own, one of them killed (fake engines, about two minutes)
	@$(RAY_VENV)/bin/python -m deploy.ray.trial $(ARGS)

test-deploy: $(DEPLOY_VENV)/.installed ## Hold the Helm chart, as Helm renders it, and the compose file against their schemas
	@$(DEPLOY_VENV)/bin/python -m pytest -q -p no:cacheprovider --noconftest -c /dev/null --rootdir deploy/checks deploy/checks $(ARGS)

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
	uv pip compile $(filter-out --universal,$(LOCK_FLAGS)) --no-emit-find-links $(if $(UPGRADE),--upgrade) -c $(LOCK)/base.txt $(LOCK)/coqui.in -o $(LOCK)/coqui.txt
	uv pip compile $(filter-out --universal,$(LOCK_FLAGS)) --no-emit-find-links --python-platform x86_64-manylinux_2_28 $(addprefix --find-links ,$(PIP_FIND_LINKS)) $(if $(UPGRADE),--upgrade) --override $(LOCK)/vllm.overrides $(LOCK)/vllm.in -o $(LOCK)/vllm.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt --extra local pyproject.toml $(LOCK)/ray.in -o $(LOCK)/ray.txt
	uv pip compile $(LOCK_FLAGS) -c $(LOCK)/dev.txt $(LOCK)/deploy.in -o $(LOCK)/deploy.txt
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

clean: ## Remove the environment and caches; your data in var/ stays
	@rm -rf $(VENV) $(PEERS_VENV) $(COQUI_VENV) $(VLLM_VENV) $(RAY_VENV) $(DEPLOY_VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

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

# Ray and the checks of the chart live apart too: nothing that serves needs them, or Ray's many packages.
$(RAY_VENV)/.installed: $(LOCK)/ray.txt deploy/install.sh
	@bash deploy/install.sh $(RAY_VENV) $<
	@touch $@

$(DEPLOY_VENV)/.installed: $(LOCK)/deploy.txt deploy/install.sh
	@bash deploy/install.sh $(DEPLOY_VENV) $<
	@touch $@

# Coqui's libraries disagree with ours. torchaudio's compiled part wants CUDA, which the locked torch (for processors) has
# not; nothing of it is used. On a GPU: see docs/engines.md.
$(COQUI_VENV)/.installed: $(LOCK)/coqui.txt deploy/install.sh
	@bash deploy/install.sh $(COQUI_VENV) $<
	@rm -rf $(COQUI_VENV)/lib/python3*/site-packages/torchaudio/lib
	@touch $@

# vLLM pins what nothing else may depend on. Its torch for processors is not on PyPI: pip needs an index or folder that
# has it (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS).
$(VLLM_VENV)/.installed: $(LOCK)/vllm.txt deploy/install.sh
	@bash deploy/install.sh $(VLLM_VENV) $<
	@touch $@
