# One command sets up, one runs everything that CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_FLAGS ?= -n 2
SLOW_FLAGS ?=

.PHONY: help install demo test check slow docs starter format clean
help:            ## this list
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(STAMP)  ## make .venv with the pinned versions
$(STAMP): pyproject.toml constraints.txt assets/package.json assets/package-lock.json
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q src  # a start compiles nothing, even where Python is told to keep no bytecode
	touch $@

demo: $(STAMP)   ## simulate a marketplace, train, refresh, print who needs someone today, serve it
	$(BIN)/tutorpulse demo

test: $(STAMP)   ## all tests but the slow ones
	$(BIN)/python -m pytest -m 'not slow' $(PYTEST_FLAGS)

check: $(STAMP)  ## format, lint, types, import contracts, links, generated docs
	$(BIN)/ruff format --check src tests tools
	$(BIN)/ruff check src tests tools
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.links
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tools.async_client --check

slow: $(STAMP)   ## the heavy proofs, then the benchmarks
	$(BIN)/python -m pytest -m slow $(SLOW_FLAGS)
	$(BIN)/tutorpulse bench import --json
	$(BIN)/tutorpulse bench features --json

docs: $(STAMP)   ## write the generated parts of docs/ anew
	$(BIN)/python -m tools.docs
	$(BIN)/python -m tools.async_client

starter: $(STAMP) ## make the starter model anew, after the features changed
	$(BIN)/python -m tools.starter

format: $(STAMP) ## mend what the formatter and the linter can
	$(BIN)/ruff format src tests tools
	$(BIN)/ruff check --fix src tests tools

clean:           ## remove what the targets above made
	rm -rf $(VENV) .assets src/tutorpulse/dashboard/vendor build dist demo-home .mypy_cache .ruff_cache .pytest_cache .hypothesis
