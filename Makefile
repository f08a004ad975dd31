# Everything a person types: `make demo`, `make test`, `make check`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two processes: one for the tests with servers, which mostly wait, and one for the rest (ARGS="-n 0" does without).
SIDE_BY_SIDE := --numprocesses 2

.PHONY: help install demo test test-fast test-slow check format benchmark clean

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# The virtual environment is made anew only when a requirement changed: a second start takes no time.
$(STAMP): pyproject.toml requirements-dev.txt constraints.txt
	@echo "Installing lagwatch and its development tools into $(VENV) (about a minute, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]' --requirement requirements-dev.txt --constraint constraints.txt
	@touch $(STAMP)

install: $(STAMP)  ## Virtual environment with the package and the development tools

demo: $(STAMP)  ## A real Kafka with traffic, watched by lagwatch; Ctrl-C stops (DURATION=60 stops by itself)
	@exec $(BIN)/lagwatch demo $(if $(DURATION),--duration $(DURATION))

test: $(STAMP)  ## All tests but the slow ones, the real Kafka included (ARGS="--bootstrap HOST:PORT" uses yours)
	@$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE) $(ARGS)

test-fast: $(STAMP)  ## Only the tests that need no server: a few minutes
	@$(BIN)/python -m pytest tests/unit tests/architecture $(SIDE_BY_SIDE) $(ARGS)

test-slow: $(STAMP)  ## Faults, soak and scale on the real Kafka
	@$(BIN)/python -m pytest -m slow $(ARGS)

check: $(STAMP)  ## Format, lint, types, architecture
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(STAMP)  ## Let ruff format and fix what it can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

benchmark: $(STAMP)  ## Costs beside the floor and the peers (ARGS="--peer kminion=PATH")
	@$(BIN)/python -m benchmarks.poll $(ARGS)

clean:  ## Remove what was built; the Kafka jars stay in the user's cache
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
