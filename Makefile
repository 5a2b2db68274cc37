# One level deep: CI and people call the same names. `make` alone says what there is.
#
# Every install takes the exact versions of constraints.txt. Without them pip may choose a build of torch that
# brings gigabytes of CUDA libraries along.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help setup demo check format test test-vscode test-nvim bench train clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.dev ## create .venv with everything for working on lm-lint

demo: $(VENV)/.runtime ## create .venv if need be and lint the examples
	@# Findings are what a demonstration is for: status 1 is a success here, 2 is not.
	$(BIN)/lm-lint examples || test $$? -eq 1

check: $(VENV)/.dev ## format, lint and types, without changing a file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(VENV)/.dev ## set up what is missing and run every test
	$(BIN)/python -m pytest

test-vscode: $(VENV)/.dev ## build the VS Code extension and try it in a real editor (Debian; installs Chromium)
	clients/vscode/test/ci.sh

test-nvim: $(VENV)/.dev ## try the plugin in two Neovims, and the server in Emacs and Helix (Debian; installs them)
	clients/nvim/ci.sh

# A glance; bench/README.md has the commands for figures to rely on.
ACCURACY ?= --limit 5 --made 5 --several 2 --clean 5

bench: $(VENV)/.dev ## measure the findings on the examples, then on a few slips beside other tools
	$(BIN)/python -m bench.examples
	$(BIN)/python -m bench.accuracy $(ACCURACY)

train: $(VENV)/.dev ## say how to train a model; the steps are in models/README.md
	$(BIN)/python -m models --help

clean: ## remove what can be made again, but no model and no corpus
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev,train]'
	@touch $@ $(VENV)/.runtime
