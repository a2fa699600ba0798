# `make` alone prints this file's targets. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := $(VENV)/tools
ARGS   ?=
T      ?= tests
# Tests wait as much as they compute, so two for each of CI's two cores. N=0: in one process, as a debugger needs it.
N      ?= 4

.DEFAULT_GOAL := help
.PHONY: help setup demo check-all test test-browser test-pooler test-tools fast lint types imports spelling fmt check bench bench-console pictures lock clean

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ A newcomer's two commands
demo: setup ## run the main job on embedded services and sandboxes, about a minute (ARGS=--help for more)
	@$(BIN)/bdh demo $(ARGS)

test: setup ## run every test, four at a time (T=tests/intake for a part, N=0 for one at a time)
	@$(BIN)/python -m pytest -n $(N) --dist worksteal $(T) $(ARGS)

##@ Daily work
setup: $(VENV)/.installed ## install into .venv from the hashed lock file; starts nothing

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=/path/to/python3.11 setup")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (first time: about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

test-browser: setup ## run the console's tests in headless Chromium (installs Debian's where it may)
	@for name in chromium chromium-headless-shell chromium-browser google-chrome; do \
	  command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing Chromium ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else echo "These tests need Chromium. On Debian or Ubuntu: sudo apt-get install chromium"; exit 1; fi
	@$(BIN)/python -m pytest tests/browser -m browser $(ARGS)

test-pooler: setup ## run every test with hubs behind pgbouncer in transaction mode (installs Debian's where it may)
	@PATH="$$PATH:/usr/sbin"; if ! command -v pgbouncer >/dev/null; then \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing pgbouncer ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq pgbouncer >/dev/null; \
	  systemctl disable --now pgbouncer >/dev/null 2>&1 || service pgbouncer stop >/dev/null 2>&1 || true; \
	else echo "These tests need pgbouncer. On Debian or Ubuntu: sudo apt-get install pgbouncer"; exit 1; fi; fi
	@BDH_TEST_POOLER=1 $(BIN)/python -m pytest -n $(N) --dist worksteal -m "not browser and not tools" $(T) $(ARGS)

# Debian's packages and the program, or the folder, that each brings.
PACKAGES := systemd:systemd-analyze docker-compose:docker-compose nginx-light:nginx \
	    python3-seccomp:/usr/share/doc/python3-seccomp

# Taken out of its package and not installed: an installed Prometheus would be a service of the machine.
$(TOOLS)/bin/prometheus:
	@command -v apt-get >/dev/null || { echo "These tests need Prometheus 2.42 or newer on the PATH, with promtool."; exit 1; }
	@echo "Fetching Debian's Prometheus into $(TOOLS) ..."
	@mkdir -p $(TOOLS)/fetched && cd $(TOOLS)/fetched && { [ "$$(id -u)" != 0 ] || apt-get update -qq; } \
	  && apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg-deb -x prometheus_*.deb . \
	  && mkdir -p ../bin && mv usr/bin/prometheus usr/bin/promtool ../bin/ && cd .. && rm -rf fetched

test-tools: setup ## judge the files of operations by the programs that read them (as root, on Debian)
	@lacking=""; for tool in $(PACKAGES); do command -v $${tool#*:} >/dev/null || test -e $${tool#*:} || lacking="$$lacking $${tool%:*}"; done; \
	if [ -z "$$lacking" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing$$lacking ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$lacking >/dev/null; \
	else echo "These tests need, on Debian or Ubuntu: sudo apt-get install$$lacking"; exit 1; fi
	@command -v prometheus >/dev/null && command -v promtool >/dev/null || $(MAKE) --no-print-directory $(TOOLS)/bin/prometheus
	@PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(BIN)/python -m pytest tests -m tools $(ARGS)

fast: setup ## run the tests that need no services
	@$(BIN)/python -m pytest -m "not services and not browser and not tools" $(ARGS)

fmt: setup ## format the code
	@$(BIN)/ruff format src tests benchmarks ops && $(BIN)/ruff check --fix src tests benchmarks ops

lint: setup ## style, types, import contract, spelling
	@$(BIN)/ruff format --check src tests benchmarks ops
	@$(BIN)/ruff check src tests benchmarks ops
	@$(BIN)/lint-imports
	@$(BIN)/basedpyright --warnings
	@$(BIN)/codespell src tests docs benchmarks ops README.md CHANGELOG.md CONTRIBUTING.md

check: lint test test-browser ## exactly what CI runs

check-all: check test-tools test-pooler ## what CI runs, then what needs root, Debian and half an hour: before a release

bench: setup ## measure speed and memory, print a table (minutes; asserts nothing)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-console: setup ## the same for the console, over a million parts
	@$(BIN)/python -m benchmarks.console

pictures: setup ## take the documentation's pictures of the console anew (needs Chromium)
	@$(BIN)/python docs/make_pictures.py

##@ Rare
LOCKED := --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11

lock: ## renew requirements.lock, and of it what production needs (needs uv)
	uv pip compile pyproject.toml --extra embedded --extra otel --extra build --extra dev $(LOCKED) --upgrade -o requirements.lock
	uv pip compile pyproject.toml --extra build -c requirements.lock $(LOCKED) -o requirements-production.lock

clean: ## remove .venv and caches (never data)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
