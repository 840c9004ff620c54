# Everything a person runs here. `make help` lists it.
PYTHON ?= python3
VENV := .venv
EMULATOR := .venv-emulator
RUNTIME := .venv-runtime
LAMBDA_VERSION := 3.13
LAMBDA_PYTHON ?= python$(LAMBDA_VERSION)
BIN := $(VENV)/bin
UV := $(BIN)/uv
# What is shipped comes first, also in the report of `make audit`.
LOCKS := functions/requirements requirements-dev local/emulator/requirements local/emulator/runtime-requirements
OTHER_LOCKS := local/uv-requirements tests/mutation-requirements bench/custodian-requirements

# Python writes bytecode, whatever the caller has set: without it, each process that a test starts
# compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Files of tests run in parallel, in the order of tests/conftest.py; the tests of one file share an
# emulated account. There are three workers for two processors, since a worker also waits for others.
PARALLEL := -n $(shell $(PYTHON) -c 'import os; print(3 * (os.cpu_count() or 1) // 2 or 1)') --dist loadfile --no-loadscope-reorder
# The tests that import the CDK run in a process of their own: each worker imports what any of its tests
# imports, and the CDK starts Node.js. The unit tests run once: on the Python of the function where that
# is installed, otherwise with the others on that of .venv.
CDK_TESTS := tests/infra tests/repository tests/cli/preview/test_owner_flags.py
LAMBDA_FOUND = $(shell bash tests/unit_lambda.sh --find $(LAMBDA_VERSION) $(LAMBDA_PYTHON))
WITH_COVERAGE := --cov --cov-report= --cov-fail-under=0

.DEFAULT_GOAL := help
.PHONY: help setup demo local test cdk-tests other-tests unit unit-lambda lint format synth release bench bench-quick mutation histories soak-tests soak audit lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .make/dev .make/emulator .make/runtime .make/wheels .make/lambda ## the tools, from hash-locked packages (the other targets do it by themselves)

.make/uv: local/uv-requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ...")'
	@echo "setup: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

# The last line compiles what the tests import: later, several workers would compile it at once.
# aws-cdk-lib is installed again, alone. Its wheel and that of aws-cdk-cloud-assembly-schema contain the same
# file, and uv installs in parallel: the wrong one stays at times (https://github.com/aws/aws-cdk/issues/38482).
.make/dev: requirements-dev.txt .make/uv
	@echo "setup: installing the locked tools"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r $<
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r $< --reinstall-package aws-cdk-lib
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pytest --collect-only --quiet > /dev/null || true
	@touch $@

.make/emulator: local/emulator/requirements.txt .make/uv
	@echo "setup: installing the emulator"
	@$(PYTHON) -m venv --without-pip $(EMULATOR)
	@VIRTUAL_ENV=$(EMULATOR) $(UV) pip install --quiet --compile-bytecode --require-hashes -r $<
	@touch $@

.make/runtime: local/emulator/runtime-requirements.txt .make/uv
	@echo "setup: installing the Lambda runtime client"
	@$(PYTHON) -m venv --without-pip $(RUNTIME)
	@VIRTUAL_ENV=$(RUNTIME) $(UV) pip install --quiet --compile-bytecode --require-hashes -r $<
	@touch $@

# It stays undone where the Python of the function is not installed.
.make/lambda: requirements-dev.txt .make/dev
	@bash tests/unit_lambda.sh --install $(LAMBDA_VERSION) $(LAMBDA_PYTHON)

# The function's wheels are fetched here, so that `cdk synth` itself needs no network.
.make/wheels: functions/requirements.txt .make/uv
	@echo "setup: fetching the function's wheels"
	@rm -rf .wheels
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary=:all: --no-deps -d .wheels -r $<
	@touch $@

demo: setup ## sixty days of the deployed stack in an emulated AWS account: about a minute; ORGANISATION=1: twelve days of eight accounts
	@$(BIN)/python -m local.demo$(if $(ORGANISATION),.organisation)

local: setup ## the emulated account with everything deployed, until Ctrl-C
	@$(BIN)/python -m local.demo.serve

test: setup ## format, lint, types, and all tests but those of make soak
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory --jobs=4 lint unit-lambda cdk-tests other-tests MEASURE='$(WITH_COVERAGE)'
	@$(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report

cdk-tests: setup
	@COVERAGE_FILE=.coverage.cdk $(BIN)/python -m pytest $(CDK_TESTS) $(MEASURE)

other-tests: setup
	@COVERAGE_FILE=.coverage.others $(BIN)/python -m pytest $(PARALLEL) $(MEASURE) \
		$(addprefix --ignore=,$(CDK_TESTS) $(if $(LAMBDA_FOUND),tests/unit))

soak-tests: setup ## the tests that take long, such as every fault at every call of the deployed function
	@$(BIN)/python -m pytest $(PARALLEL) -m soak

unit: setup ## the rules and the messages, without AWS: some seconds
	@$(BIN)/python -m pytest tests/unit -n auto

unit-lambda: setup ## the same on the Python of the Lambda function, where that is installed
	@COVERAGE_FILE=.coverage.unit bash tests/unit_lambda.sh $(LAMBDA_VERSION) $(LAMBDA_PYTHON) $(MEASURE)

lint: setup ## formatting, every lint rule, strict types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/zizmor --quiet --no-progress --offline --pedantic --strict-collection .github

format: setup ## fix what ruff can fix
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

synth: setup ## the CloudFormation template, into cdk.out, by cdk.json; or: make synth EMAIL=you@example.com
	@$(if $(EMAIL),CDK_CONTEXT_JSON='{"email": "$(EMAIL)"}') CDK_OUTDIR=cdk.out $(BIN)/python app.py && echo "synth: cdk.out/KeyRotation.template.json"

release: setup ## the files to install it without the CDK, with checksums and an SBOM, into dist
	@rm -rf dist
	@$(BIN)/python -m release dist && echo "release: dist/"

bench: setup ## calls and run time in one account and in organizations, compared with other tools, into docs/bench: about 25 minutes
	@$(BIN)/python -m bench

bench-quick: setup ## the bench on small accounts, without targets, into .bench/quick: about two minutes
	@$(BIN)/python -m bench --quick

mutation: .make/mutation ## change each comparison of the rules, and count what no test notices
	@bash tests/mutation.sh .mutants $(abspath .venv-mutation)/bin/mutmut

.make/mutation: tests/mutation-requirements.txt .make/dev
	@$(PYTHON) -m venv --without-pip .venv-mutation
	@VIRTUAL_ENV=.venv-mutation $(UV) pip install --quiet --require-hashes -r $<
	@$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' \
		> "$$(.venv-mutation/bin/python -c 'import site; print(site.getsitepackages()[0])')/tools.pth"
	@touch $@

histories: setup ## random months with faults and killed runs, checked by an oracle, for hours
	@HISTORIES=long $(BIN)/python -m pytest tests/simulation -q

soak: soak-tests histories mutation ## the tests that take hours; CI runs them every week

audit: setup ## check the locked packages for known vulnerabilities
	@failed=; for lock in $(LOCKS); do $(BIN)/pip-audit --strict --disable-pip --no-deps -r $$lock.txt || \
		{ echo "audit: $$lock.txt is NOT shown to be clean"; failed=1; }; done; test -z "$$failed"

lock: .make/uv ## resolve the dependencies again and write the locks
	@for lock in $(LOCKS) $(OTHER_LOCKS); do $(UV) pip compile --quiet --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $$lock.in -o $$lock.txt; done

clean: ## remove what the targets made
	@rm -rf .bench .mutants .venv-mutation .venv-lambda .make .wheels $(VENV) $(EMULATOR) $(RUNTIME) cdk.out dist .local .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
