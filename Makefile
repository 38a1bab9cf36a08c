# What there is to do here; `make` alone lists it.

UV ?= uv
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
PYTEST := $(BIN)/python -m pytest -q
CODE := connectors sync_engine tests benchmarks docs

# Each stamp is newer than what it was installed from.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test parts lint bench docs lock clean
.NOTPARALLEL:

help:  ## List what there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(READY_DEV)  ## Make the virtual environment with all that development needs

demo: $(READY)  ## Watch it work on an invented company, in a minute
	@$(BIN)/flagstaff demo

test: $(READY_DEV) parts lint  ## Check everything, fast to slow
	$(PYTEST) -n 4 -m "not slow and not browser"
	$(PYTEST) -n 3 --dist loadgroup --maxschedchunk 1 -m "slow or browser"

parts:  # what the tests need beside Python packages
	@tests/house/parts.sh

lint: $(READY_DEV)  ## Style, types, who imports whom, the Dockerfile, generated pages
	$(BIN)/python -m ruff check $(CODE)
	$(BIN)/python -m ruff format --check $(CODE)
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint Dockerfile
	$(BIN)/python docs/generate.py --check

bench: $(READY_DEV) $(PEERS)/.ready  ## Measure against the floor; tables here, figures in out/
	@mkdir -p out
	$(BIN)/python -m benchmarks.sync --json out/sync.json
	$(BIN)/python -m benchmarks.assess --json out/assess.json
	$(BIN)/python -m benchmarks.assess --postgres --json out/assess-postgres.json
	$(BIN)/python -m benchmarks.peers --python $(PEERS)/bin/python --json out/peers.json
	$(BIN)/python -m benchmarks.pages --json out/pages.json
	$(BIN)/python -m benchmarks.schedule --json out/schedule.json
	$(BIN)/python -m benchmarks.requests_made --json out/requests.json

docs: $(READY_DEV)  ## Write the generated pages anew
	$(BIN)/python docs/generate.py

lock:  ## Resolve the pinned requirements anew (needs uv)
	$(UV) pip compile pyproject.toml $(LOCK) --group build --output-file requirements.lock
	$(UV) pip compile pyproject.toml $(LOCK) --group dev --output-file requirements-dev.lock
	$(UV) pip compile --group peers $(PEERS_LOCK) --output-file requirements-peers.lock
PEERS_LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
LOCK := --universal --python-version 3.11 --extra postgres --extra notify --generate-hashes \
	--no-header --no-annotate --quiet

clean:  ## Remove the virtual environment and what tools left behind
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis out dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Flagstaff needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "Python lacks venv: install your system's package python3-venv"; exit 1; }

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Flagstaff needs into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements-dev.lock $(READY)
	@echo "Installing what development needs into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(PEERS)/.ready: requirements-peers.lock | $(BIN)/python
	@echo "Installing what is measured against into $(PEERS) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes \
		-r requirements-peers.lock
	@touch $@
