# `make` alone prints this file's targets. `make demo` and `make test` are all a newcomer needs.
# The first Python on the PATH for which every package of the lock file has a wheel.
FITS   := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  command -v $$name >/dev/null && $$name -c '$(FITS)' 2>/dev/null && echo $$name && break; done)
NEWER  := Newer ones must wait until every package in requirements.lock has a wheel for them. \
  Name another with: make PYTHON=/path/to/python3.13 setup
VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := $(VENV)/tools
ARGS   ?=
CODE   := src sandbox conftest.py tests benchmarks ops
T      ?= tests sandbox/tests
# Tests wait as much as they compute, so three for each of CI's two cores. N=0: in one process, as a debugger needs it.
N      ?= 6
CASES  ?= 100
SEED   ?=

# Each of the six processes would compile the hub, its libraries and all tests for itself, every time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo check-all actors mutants test-twice test test-browser test-pooler test-tools test-debian13 fast fuzz lint types imports spelling fmt check bench bench-console bench-hostile bench-webhooks bench-snapshot sbom pin-images pictures lock clean

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ A newcomer's two commands
demo: setup ## run the main job on embedded services and sandboxes, in about two minutes (ARGS=--help for more)
	@$(BIN)/bdh demo $(ARGS)

test: setup ## run every test, six at a time (T=tests/batches for a part, N=0 for one at a time)
	@$(BIN)/python -m pytest -n $(N) --dist worksteal $(T) $(ARGS)

##@ Daily work
setup: $(VENV)/.installed ## install into .venv from the hashed lock file; starts nothing

$(VENV)/.installed: requirements.lock pyproject.toml sandbox/pyproject.toml ops/install.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is needed, and none of them is on the PATH. $(NEWER)"; exit 1; }
	@$(PYTHON) -c '$(FITS)' 2>/dev/null || { \
	  echo "Python 3.11 to 3.14 is needed; $(PYTHON) is $$($(PYTHON) -V 2>/dev/null || echo no program). $(NEWER)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@if test -d $(VENV) && ! $(BIN)/python -c '$(FITS)' 2>/dev/null; then \
	  echo "$(VENV) was made by a Python that is gone or does not fit. It is made again."; $(PYTHON) -m venv --clear $(VENV); fi
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python ops/install.py requirements.lock --log $(VENV)/install.log
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
	@BDH_TEST_POOLER=1 $(BIN)/python -m pytest -n $(N) --dist worksteal -m "not browser and not tools and not actors and not fuzz" $(T) $(ARGS)

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
	@PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(BIN)/python -m pytest tests sandbox/tests -m tools $(ARGS)

test-debian13: ## run `make demo` of the last commit on a fresh Debian 13, as an ordinary user (as root, minutes)
	@.ci/debian13

actors: setup ## stop one actor at each of its points while another one runs (half an hour)
	@$(BIN)/python -m pytest -n $(N) -m actors tests/actors $(ARGS)

mutants: setup ## build known faults into a copy of the source: each must turn tests red (half an hour; ARGS="M8 M11a" for some)
	@$(BIN)/python -m tests.mutants $(ARGS)

TWICE := tests/shopify/publishing tests/boeing/extraction tests/batches tests/quotes tests/sync tests/actors

test-twice: setup ## run every step of a transaction twice: once rolled back, once committed without a reply
	@BDH_TEST_STEPS=aborted $(BIN)/python -m pytest -n $(N) --dist worksteal $(TWICE) $(ARGS)
	@BDH_TEST_STEPS=unacknowledged $(BIN)/python -m pytest -n $(N) --dist worksteal $(TWICE) $(ARGS)

fast: setup ## run the tests that need no services
	@$(BIN)/python -m pytest -m "not services and not browser and not tools and not actors and not fuzz" $(ARGS)

fmt: setup ## format the code
	@$(BIN)/ruff format $(CODE) && $(BIN)/ruff check --fix $(CODE)

lint: setup ## style, types, import contract, spelling
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/lint-imports
	@$(BIN)/basedpyright --warnings
	@$(BIN)/codespell src sandbox conftest.py tests docs benchmarks ops README.md CHANGELOG.md CONTRIBUTING.md

check: lint test test-browser ## exactly what CI runs

check-all: check fuzz test-tools test-pooler test-debian13 ## what CI runs, then what needs root, Debian and hours: before a release

fuzz: setup ## hold the API against its description with random requests, for every identity (CASES=500 per operation; SEED=… of an earlier run)
	@BDH_FUZZ_CASES=$(CASES) BDH_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -n 2 -m fuzz tests/fuzz $(ARGS)

bench: setup ## measure speed and memory, print a table (minutes; asserts nothing)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-console: setup ## the same for the console, over a million parts
	@$(BIN)/python -m benchmarks.console

sbom: ## what production runs, with hashes, as CycloneDX: make -s sbom > sbom.json
	@$(BIN)/python ops/sbom.py

pin-images: ## name the base images of Dockerfile and compose.yaml by digest (needs Docker and the registry)
	@$(BIN)/python ops/pin_images.py

bench-hostile: setup ## what others notice of hostile bodies and 1,000 slow connections (ARGS=--slow-alone)
	@$(BIN)/python -m benchmarks.hostile $(ARGS)

bench-webhooks: setup ## how many of the store's webhooks one API process accepts in a second
	@$(BIN)/python -m benchmarks.webhooks $(ARGS)

bench-snapshot: setup ## what comparing a store of 20,000 products costs
	@$(BIN)/python -m benchmarks.snapshot $(ARGS)

pictures: setup ## take the documentation's pictures of the console anew (needs Chromium)
	@$(BIN)/python docs/make_pictures.py

##@ Rare
LOCKED := --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11

lock: ## bring both lock files up to pyproject.toml; ARGS=--upgrade renews every version, too (needs uv)
	uv pip compile pyproject.toml sandbox/pyproject.toml --extra otel --extra sftp --extra build --extra dev \
	  --no-emit-package boeing-data-hub $(LOCKED) $(ARGS) -o requirements.lock
	uv pip compile pyproject.toml --extra build -c requirements.lock $(LOCKED) -o requirements-production.lock

clean: ## remove .venv and caches (never data)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
