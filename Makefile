# Everything a person runs here. `make help` lists it.
PYTHON ?= python3
VENV := .venv
RUNTIME := .venv-runtime
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCKS := requirements-dev functions/requirements local/runtime-requirements

.DEFAULT_GOAL := help
.PHONY: help setup demo local synth test unit lint format lock audit clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .make/dev .make/runtime .make/wheels ## the tools, from hash-locked packages (the other targets do it by themselves)

.make/uv: local/uv-requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ...")'
	@echo "setup: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

.make/dev: requirements-dev.txt .make/uv
	@echo "setup: installing the locked tools"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r $<
	@touch $@

.make/runtime: local/runtime-requirements.txt .make/uv
	@echo "setup: installing the Lambda runtime client"
	@$(PYTHON) -m venv --without-pip $(RUNTIME)
	@VIRTUAL_ENV=$(RUNTIME) $(UV) pip install --quiet --require-hashes -r $<
	@touch $@

# The function's wheels are fetched here, so that `cdk synth` itself needs no network.
.make/wheels: functions/requirements.txt .make/uv
	@echo "setup: fetching the function's wheels"
	@rm -rf .wheels
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary=:all: --no-deps -d .wheels -r $<
	@touch $@

lock: .make/uv ## resolve the dependencies again and write the locks
	@for lock in $(LOCKS) local/uv-requirements; do $(UV) pip compile --quiet --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links $$lock.in -o $$lock.txt; done

clean: ## remove what the targets made
	@rm -rf .make .wheels $(VENV) $(RUNTIME) cdk.out .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
