# Each target sets up .venv by itself; it needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check lint format bench quality lock clean

demo: $(READY)  ## crawl the invented news site on this machine
	$(BIN)/newsarchive demo

test: $(READY)  ## the tests
	$(BIN)/pytest

check: lint test  ## the gate: format, lint, types, import contracts, tests

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(READY)  ## measurements, each as a ratio against something in the same run
	$(BIN)/python -m bench.extraction
	$(BIN)/python -m bench.crawl

quality: $(READY)  ## how well the real pages in NEWSARCHIVE_CORPUS are read, field by field
	$(BIN)/python -m tests.quality --misses

lock: $(READY)  ## pin again what decides the output
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "newsarchive needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
