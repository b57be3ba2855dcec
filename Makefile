# run · test · check · fix · bench · docs — each does its own set-up from a fresh clone, with Python 3.11+ alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A process starts in less than half the time on what another has compiled, and the suite starts dozens.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check sqlite postgresql hostile browser fix bench docs grid lock clean beside
.DEFAULT_GOAL := run

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Terreau demande Python 3.11 ou plus : installez-le, ou indiquez-le (make run PYTHON=python3.12).")'
	$(PYTHON) -m venv $(VENV)

# Only what is used is compiled, when it is first used: half the time of the set-up.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/dev.txt
	@touch $@

# The demo écopôle, on this machine only: http://localhost:8000
run: $(VENV)/.run
	TERREAU_DEMO=1 $(BIN)/terreau migrate --verbosity 0 --skip-checks
	TERREAU_DEMO=1 $(BIN)/terreau demo --if-empty
	TERREAU_DEMO=1 $(BIN)/terreau serve --port $(PORT)

# Everything that must hold: every test on SQLite, in a real browser; at the same time the house, then what
# PostgreSQL proves: the ledger, what the territory asks of its database, every constraint. Stories wait more
# than they compute: side by side, they leave neither core idle.
test:
	@$(MAKE) --no-print-directory --jobs 2 sqlite beside

beside: check
	@$(MAKE) --no-print-directory postgresql

# A file stays with one worker, which builds its house once; stories wait more than they compute, so there is a
# worker more than the two cores of a small machine.
sqlite: browser $(VENV)/.dev
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

# What differs on PostgreSQL: the ledger, what the territory asks of its database, every constraint, races, backups.
# The whole, before a release: make postgresql BOTH=terreau
BOTH := terreau/ledger $(foreach part,models roads travel fields search,terreau/territory/tests/test_$(part).py) terreau/billing/tests/test_constraints.py terreau/billing/tests/test_payment_constraints.py terreau/billing/tests/test_races.py terreau/funding/tests/test_constraints.py terreau/impact/tests/test_constraints.py terreau/rooms/*/tests/test_constraints.py tests/house/test_backup.py tests/house/test_together.py
postgresql: $(VENV)/.dev
	TERREAU_TEST_DB=postgresql $(BIN)/pytest -n 2 --dist loadfile $(BOTH)

# Rounds of seven wrong things sent to each page; one in the suite. 12: more than 35,000, an hour of one core.
hostile: $(VENV)/.dev
	TERREAU_HOSTILE=$(or $(ROUNDS),12) $(BIN)/pytest -n 2 tests/house/test_bad_input.py terreau/rooms/garden/tests/test_field.py terreau/rooms/platform/tests/test_road.py

browser:
	@sh tests/stories/chromium.sh

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy terreau
	$(BIN)/lint-imports --no-cache
	$(BIN)/terreau makemigrations --check --dry-run --verbosity 0

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The peers beside which rounds are measured are installed here only.
$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/bench.txt
	@touch $@

# INSTANCES: the folder of public routing instances; without it, rounds are not measured.
bench: $(VENV)/.bench
	$(BIN)/python -m bench $(if $(INSTANCES),--instances $(INSTANCES))

# The pictures of the README and of the guide, taken again from the browser stories.
docs: browser $(VENV)/.dev
	TERREAU_SHOTS=var/shots $(BIN)/pytest -m story
	for picture in docs/guide/images/*.png; do cp "var/shots/$$(basename $$picture)" $$picture; done

# OpenFisca, an extra, wants other versions than ours (0017): it has an environment of its own.
GRID := var/openfisca
$(GRID)/.grid: requirements/openfisca.txt pyproject.toml
	$(PYTHON) -m venv $(GRID)
	$(GRID)/bin/pip install --quiet --no-compile --require-hashes -r requirements/openfisca.txt
	$(GRID)/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The public-finance grid that is shipped, made again by the law and compared.
grid: $(GRID)/.grid
	$(GRID)/bin/pytest -p no:cacheprovider terreau/impact/tests/test_grid.py
	$(GRID)/bin/terreau grid build --check

# The lock files, after a change of requirements/*.in (needs uv; hashes only, no registry host).
lock:
	cd requirements && for name in run dev bench openfisca; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$name.in -o $$name.txt; done

clean:
	rm -rf $(VENV) var
