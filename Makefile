# The project's commands. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
PYTEST_WORKERS ?= 3
BENCH := .venv-bench
BENCH_OPTIONS ?=

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "scimbridge needs Python 3.11 or newer; this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: dev
dev: $(VENV)/.dev ## Create the environment with everything the tests need

.PHONY: chromium
chromium: ## Install Debian's Chromium for the console's tests, where that can be done
	@if ! command -v chromium > /dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  (timeout 120 apt-get update && DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y --no-install-recommends chromium) > /dev/null 2>&1 || true; \
	fi
	@command -v chromium || echo "chromium is not installed and cannot be; the console's browser tests are skipped"

.PHONY: lint
lint: $(VENV)/.dev ## Formatting, lint, types, import rules, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/typos
	$(BIN)/helm lint --quiet --strict deploy/helm/scimbridge
	@command -v promtool > /dev/null || echo "promtool is not installed; the alert rules are not checked"
	@! command -v promtool > /dev/null || promtool test rules deploy/prometheus/alerts_test.yaml

.PHONY: format
format: $(VENV)/.dev ## Rewrite the sources in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: ## Pin every dependency with its hashes, from pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra postgresql --no-header --no-annotate pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --group build --no-header --no-annotate -o requirements/build.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra postgresql --extra conformance --group dev --no-header --no-annotate pyproject.toml -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra postgresql --group bench --no-header --no-annotate pyproject.toml -o requirements/bench.txt

.PHONY: test
test: $(VENV)/.dev ## Run all tests, with the coverage that the house asks for
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal --cov --cov-report= tests
	$(BIN)/coverage report --fail-under=95 --format=total > /dev/null || { $(BIN)/coverage report; exit 1; }
	$(BIN)/coverage report --include='scimbridge/scim/*,scimbridge/provisioning/*' --fail-under=100

.PHONY: fuzz
fuzz: $(VENV)/.dev ## Run the property tests for long
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n $(PYTEST_WORKERS) tests/scim tests/provisioning tests/connectors tests/bridge/test_state_machine.py

.PHONY: reliability
reliability: $(VENV)/.dev ## Kill, pause and race real processes at every point; takes 20 minutes
	$(BIN)/python -m tests.reliability

.PHONY: demo
demo: $(VENV)/.runtime ## Bridge and simulated vendors on loopback, with a short story, until ctrl-C
	$(BIN)/python -m scimbridge.cli demo

.PHONY: conformance
conformance: $(VENV)/.dev ## Black-box conformance against the demo; a report in reports/
	$(BIN)/python -m conformance.against_demo --out reports

.PHONY: operations
operations: $(VENV)/.dev ## Drive every vendor operation of docs/operations.md through the bridge, and count
	$(BIN)/python -m tests.bridge.operations

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Take the pictures of the console in docs/images, with Chromium
	$(BIN)/python -m tests.web.console.screenshots

$(BENCH)/.bench: requirements/bench.txt requirements/build.txt pyproject.toml
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt -r requirements/build.txt
	$(BENCH)/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: bench
bench: $(BENCH)/.bench ## Measure bridge, bare Flask and a peer side by side; results in reports/bench
	$(BENCH)/bin/python -m tests.bench $(BENCH_OPTIONS)

.PHONY: clean
clean: ## Remove the environment and everything generated
	rm -rf $(VENV) $(BENCH) build dist reports *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
