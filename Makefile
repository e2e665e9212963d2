# Beffroi: `make demo` shows it, `make test` proves it. Both set up what they need first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgresql test-spark check bench measure bench-clusters screenshots pictures pins clean

BIN := .venv/bin
HOME_DEMO ?= demo-home
PORT ?= 8000
BENCH_ROWS ?= 6000000
SPARK := .spark
BENCH_CONTOURS ?= $(wildcard $(or $(BEFFROI_REAL_DATA),../shared/data)/geography/communes*.parquet)
ROOMS ?= tests/isolation tests/territories tests/catalogue tests/decisions tests/studio tests/workshop tests/portal tests/api

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: ## Make .venv from the hashed pins, bundle the front end (quick when nothing changed)
	@deploy/setup

demo: setup ## Make a demonstration home, run the main job, serve it on 127.0.0.1
	@$(BIN)/beffroi demo --home $(HOME_DEMO) --port $(PORT)

test: setup ## Install what tests need (Chromium, when root) and run them all
	@deploy/setup-tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-postgresql: setup ## The rooms of the site again, on the distribution's PostgreSQL
	@deploy/setup-tests
	BEFFROI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup $(ROOMS) -m "not browser"

test-spark: setup ## The engines' suite on a Spark of this machine (Java 17 and 450 MB to fetch, the first time)
	@command -v java >/dev/null || { echo "Java 17 manque. Sur Debian : apt install openjdk-17-jre-headless"; exit 1; }
	@[ -d $(SPARK)/pyspark/jars ] || $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --no-deps --target $(SPARK) -r requirements/spark.txt
	BEFFROI_TEST_RING=long BEFFROI_TEST_ENGINE=spark BEFFROI_SPARK_HOME=$(CURDIR)/$(SPARK)/pyspark $(BIN)/python -m pytest -n 0 tests/recipes/engines

check: setup ## Style, types, floors, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/docs

bench: setup ## Measure beside the peers, in one run (quarter of an hour; BENCH_ROWS=1000000 for less)
	$(BIN)/python -m benchmarks --rows $(BENCH_ROWS)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.lake_work
	$(BIN)/python -m benchmarks.first_page
	PYTHONPATH=tests $(BIN)/python -m benchmarks.questions
	$(BIN)/python -m benchmarks.board
	PYTHONPATH=tests $(BIN)/python -m benchmarks.map $(BENCH_CONTOURS)

	$(BIN)/python -m benchmarks.school_map
	$(BIN)/python -m benchmarks.buildings $(if $(OPENDSM),--peer $(OPENDSM))

measure: setup ## Measure each system on its sample and on the real files that are here, then write docs/systems.md (half an hour)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.systems
	$(BIN)/python docs/generate.py

bench-clusters: setup ## One question on DuckDB, Sail and (with BEFFROI_SPARK_HOME) Spark, at several sizes
	PYTHONPATH=tests $(BIN)/python -m benchmarks.clusters

screenshots: setup ## Remake the pictures of the documentation, from a demonstration served for real
	@deploy/setup-tests
	$(BIN)/python tests/screenshots.py

pictures: setup ## Remake the picture of each kind of chart (docs/graphiques.md)
	@deploy/setup-tests
	PYTHONPATH=. $(BIN)/python tests/chart_pictures.py

pins: setup ## Resolve the pins again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.12 --generate-hashes --custom-compile-command 'make pins' pyproject.toml --extra distributed --extra mariadb --extra postgresql --group dev -o requirements/dev.txt

clean: ## Remove what setup made (never a home)
	rm -rf .venv frontend/node_modules src/beffroi/web/ui/static/ui/dist src/beffroi/lake/reference/data
