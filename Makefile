# Needs Python, Node and make; everything else is fetched into this folder, at the versions of uv.lock and package-lock.json.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8400
RACES ?= 10000
UV_VERSION := 0.13.9
OWN_UV := $(CURDIR)/.tools/bin/uv
export PORT
# An installed uv is used; without one, a private one is made.
export UV := $(or $(shell command -v uv 2>/dev/null),$(OWN_UV))
PYTHON := .venv/bin/python
CDK := node_modules/.bin/cdk
SETUP := .venv/.ready build/emulator/.ready build/runtime/.ready node_modules/.ready

# $(call step,what,commands): says what it waits for, and how long it took.
define step
@printf '  … %s\n' "$(1)"; began=$$(date +%s); $(2) && printf '  ✓ %s (%s s)\n' "$(1)" "$$(($$(date +%s) - began))"
endef

.PHONY: help setup run journey redeploy test races scenarios bench check format clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(SETUP) ## everything that the other targets need

run: $(SETUP) ## start the local stage, make the journey, stay until Ctrl-C; PORT= other ports, FRESH=1 no kept state
	@exec $(PYTHON) -m local up $(if $(FRESH),--fresh)

journey: $(SETUP) ## start, make the whole main job once, stop; the exit code tells
	@$(PYTHON) -m local journey

redeploy: $(SETUP) ## put changed code into the running stage
	@$(PYTHON) -m local redeploy

test: $(SETUP) ## all tests
	@$(PYTHON) -m pytest --numprocesses 2 --dist loadgroup

races: $(SETUP) ## 10,000 races for places, with and without faults, then a look at the tables; RACES= how many, SEED=
	@$(PYTHON) -m tests.races $(RACES) $(SEED)

scenarios: $(SETUP) ## the scenarios of payments, each killed at every call; SCENARIO_POINTS= at so many of them
	@SCENARIO_POINTS=$(or $(SCENARIO_POINTS),all) $(PYTHON) -m pytest tests/scenarios --numprocesses 2

bench: $(SETUP) ## figures of this machine: a table, and one line of JSON at the end
	@$(PYTHON) -m tests.bench

check: $(SETUP) ## style, types, arrows, schemas, templates
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m local.schemas --check
	$(PYTHON) -m local.openapi --check
	$(PYTHON) -m local.inventory --check
	$(CDK) synth --quiet --context stage=dev --output build/cdk.out
	.venv/bin/cfn-lint build/cdk.out/*.template.json

format: $(SETUP) ## put the code into its form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## take away everything made here but the packages
	rm -rf build/assets build/local build/cdk.out cdk.out

# --- set-up -----------------------------------------------------------------------------------------------------------

$(OWN_UV):
	@command -v python3 >/dev/null || { echo 'Python is missing: install Python 3.13, then run make again.' >&2; exit 1; }
	$(call step,uv $(UV_VERSION),python3 -m venv .tools && .tools/bin/pip install -qq --disable-pip-version-check uv==$(UV_VERSION))

.venv/.ready: pyproject.toml uv.lock .python-version | $(UV)
	@$(UV) python find --quiet --no-project "$$(cat .python-version)" >/dev/null 2>&1 || { \
	  echo "Python $$(cat .python-version) was not found. Install it (with your system's packages, or: $(UV) python install $$(cat .python-version)), then run make again." >&2; \
	  exit 1; }
	$(call step,packages of the project,$(UV) sync --quiet --frozen)
	@touch $@

# Functions start cold often, and write no bytecode, as on Lambda.
BYTECODE_runtime := --compile-bytecode
# The embedded AWS pins its own botocore, and functions see what Lambda's runtime has: each has an environment of its own.
build/emulator/.ready build/runtime/.ready: build/%/.ready: uv.lock .venv/.ready
	$(call step,packages of the $*,UV_PROJECT_ENVIRONMENT=build/$* $(UV) sync --quiet --frozen --only-group $* --no-install-project $(BYTECODE_$*))
	@touch $@

node_modules/.ready: package.json package-lock.json
	@command -v node >/dev/null || { echo 'Node is missing: install Node 20 or later, then run make again.' >&2; exit 1; }
	$(call step,CDK command line,npm ci --silent --no-audit --no-fund)
	@touch $@
