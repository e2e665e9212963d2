# Beffroi: `make demo` shows it, `make test` proves it. Both set up what they need first. Tests: docs/testing.md.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-dates test-all test-postgresql test-spark prove-suite check bench bench-clusters measure screenshots pictures schema wheel release bundle pins clean

BIN := .venv/bin
HOME_DEMO ?= demo-home
PORT ?= 8000
BENCH_ROWS ?= 6000000
SPARK := .spark
BENCH_CONTOURS ?= $(wildcard $(or $(BEFFROI_REAL_DATA),../shared/data)/geography/communes*.parquet)
PYTEST_FLAGS ?= -n 2 --dist loadgroup
PARTS := 1/6 2/6 3/6 4/6 5/6 6/6
# A system that needs a library of its own has an extra of its name in pyproject.toml.
SYSTEM_EXTRAS = $(foreach folder,$(patsubst %/manifest.toml,%,$(wildcard src/beffroi/systems/*/manifest.toml)),$(shell sed -n 's/^\($(notdir $(folder))\) = \[.*/--extra \1/p' pyproject.toml))
ROOMS ?= tests/isolation tests/platform tests/tenancy tests/catalogue tests/decisions tests/studio tests/workshop tests/portal tests/api tests/search

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: ## Make .venv from the hashed pins, bundle the front end (quick when nothing changed)
	@deploy/setup

demo: setup ## Make a demonstration home, run the main job, serve it on 127.0.0.1
	@$(BIN)/beffroi demo --home $(HOME_DEMO) --port $(PORT)

test: setup ## The quick ring; ROOM=catalogue for one room. Installs what tests need (Chromium…) when root
	@deploy/setup-tests
	BEFFROI_TEST_ROOM=$(ROOM) $(BIN)/python -m pytest $(PYTEST_FLAGS)

test-dates: setup ## The quick ring on five other days (libfaketime); ROOM=catalogue, DAYS="year-end clocks-back" for less
	@deploy/setup-tests
	BEFFROI_TEST_ROOM=$(ROOM) $(BIN)/python tests/dates.py $(DAYS:%=--day %) $(PYTEST_FLAGS)

test-all: setup ## Every test, in six parts; PART=3/6 for one of them (an hour at most)
	@deploy/setup-tests
	@failed=; for part in $(or $(PART),$(PARTS)); do \
		echo "▸ part $$part"; $(MAKE) --no-print-directory test-part PART=$$part || failed="$$failed $$part"; \
	done; [ -z "$$failed" ] || { echo "These parts failed:$$failed" >&2; exit 1; }

.PHONY: test-part
test-part: # One part of the long ring: on SQLite, then the rooms of the site again on PostgreSQL
	BEFFROI_TEST_RING=long BEFFROI_TEST_PART=$(PART) $(BIN)/python -m pytest $(PYTEST_FLAGS)
	BEFFROI_TEST_RING=long BEFFROI_TEST_PART=$(PART) BEFFROI_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(PYTEST_FLAGS) $(ROOMS) -m "not browser"

test-postgresql: setup ## What the quick ring asks of the distribution's PostgreSQL
	@deploy/setup-tests
	BEFFROI_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(PYTEST_FLAGS) $(foreach what,rows rights jobs people,tests/isolation/test_isolation_$(what).py) tests/search

prove-suite: setup ## Plant small faults one at a time: the tests must find them; ROOM=ledger for one room (ten minutes)
	@deploy/setup-tests
	BEFFROI_TEST_ROOM=$(ROOM) PYTHONPATH=tests $(BIN)/python -m faults_planted.prove

test-spark: setup ## The engines' suite on a Spark of this machine (Java 17 and 450 MB to fetch, the first time)
	@command -v java >/dev/null || { echo "Java 17 manque. Sur Debian : apt install openjdk-17-jre-headless"; exit 1; }
	@[ -d $(SPARK)/pyspark/jars ] || $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --no-deps --target $(SPARK) -r requirements/spark.txt
	BEFFROI_TEST_RING=long BEFFROI_TEST_ENGINE=spark BEFFROI_SPARK_HOME=$(CURDIR)/$(SPARK)/pyspark $(BIN)/python -m pytest -n 0 tests/recipes/engines

check: setup ## Style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

bench: setup ## Measure beside the peers, in one run (quarter of an hour; BENCH_ROWS=1000000 for less)
	$(BIN)/python -m benchmarks --rows $(BENCH_ROWS)
	$(BIN)/python -m benchmarks.lake_work
	$(BIN)/python -m benchmarks.first_page
	$(BIN)/python -m benchmarks.questions
	$(BIN)/python -m benchmarks.board
	$(BIN)/python -m benchmarks.map $(BENCH_CONTOURS)

	$(BIN)/python -m benchmarks.school_map
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.routes --peer $(BEFFROI_ROUTES)
	$(BIN)/python -m benchmarks.buildings $(if $(OPENDSM),--peer $(OPENDSM))

measure: setup ## Measure each system on its sample and on the real files that are here, then write docs/systems.md (half an hour)
	$(BIN)/python -m benchmarks.systems
	$(BIN)/python docs/generate.py

bench-clusters: setup ## One question on DuckDB, Sail and (with BEFFROI_SPARK_HOME) Spark, at several sizes
	$(BIN)/python -m benchmarks.clusters

screenshots: setup ## Remake the pictures of the documentation, from a demonstration served for real
	@deploy/setup-tests
	$(BIN)/python tests/screenshots.py

pictures: setup ## Remake the picture of each kind of chart (docs/graphiques.md)
	@deploy/setup-tests
	PYTHONPATH=. $(BIN)/python tests/chart_pictures.py

schema: setup ## Write the snapshot of the SQLite schema again, after a change of the migrations
	$(BIN)/python -m beffroi.web.operations.schema_snapshot

wheel: setup ## The wheel of this version, in dist/ (the same commit gives the same file)
	@deploy/release wheel

release: setup ## What is installed: dist/beffroi-VERSION.tar (CONTRIBUTING.md says how a release is cut)
	@deploy/release

bundle: setup ## The same to install without a network, Debian packages included (on Debian 13)
	@deploy/release offline

# What is pinned for who asks for it (deploy/install --with): the packages of one extra.
OPTIONS := postgresql mariadb oracle sqlserver distributed
PINNED := pip compile --quiet --universal --python-version 3.12 --generate-hashes --custom-compile-command 'make pins'

pins: setup ## Resolve the pins again: for developers, then for instances, with the same versions
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv $(PINNED) pyproject.toml --extra distributed --extra mariadb --extra postgresql $(SYSTEM_EXTRAS) --group dev -o requirements/dev.txt
	$(BIN)/uv $(PINNED) --constraints requirements/dev.txt pyproject.toml $(SYSTEM_EXTRAS) -o requirements/runtime.txt
	@for option in $(OPTIONS); do \
		$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['$$option'], sep='\n')" \
		| $(BIN)/uv $(PINNED) --constraints requirements/dev.txt --constraints requirements/runtime.txt - -o requirements/$$option.txt || exit 1; \
	done
	$(BIN)/uv $(PINNED) --group audit -o requirements/audit.txt

.PHONY: audit
audit: setup ## Compare the pins with the advisories published for them; says what could not be compared
	@[ -d .audit/pip_audit ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --target .audit -r requirements/audit.txt
	@PYTHONPATH=.audit $(BIN)/python deploy/audit.py

.PHONY: sbom
sbom: setup ## The bill of materials (CycloneDX), in test-results/sbom.json
	$(BIN)/python deploy/sbom.py test-results/sbom.json

clean: ## Remove what setup made (never a home)
	rm -rf .venv .audit frontend/node_modules src/beffroi/web/ui/static/ui/dist src/beffroi/lake/reference/data src/beffroi/systems/data src/beffroi/web/tenancy/signin/data
