# Everything a fresh machine needs is set up on the way: Python 3.11 or newer is enough for `make demo`.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
BENCHMARKS := ingest workers replay convert volume pooled sketches growth memory checkpoints exporter freshness places idle
ARGS ?=
# A file's tests stay together, and each process has servers of its own: more than four would only crowd.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile
QUICK := $(addprefix tests/,board charts convert core feeds golden missions proofs settings words) $(wildcard tests/test_*.py)
DURATION ?= 10m
SEED ?= 1
STORE ?= one

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick pythons check format bench images chaos lock release clean

help: ## Show what can be done
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

demo: $(VENV)/.demo ## Run the whole monitor with embedded servers (ARGS='--duration 60' ends it by itself)
	@$(BIN)/monitor demo $(ARGS)

test: check $(BENCH_VENV)/.bench ## Run all checks and tests, against real servers
	@.ci/install-system test
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

quick: $(VENV)/.dev ## Run what tells of most mistakes in 80 s: core, feeds, pages, configuration
	$(BIN)/python -m pytest $(PARALLEL) -m "not integration and not slow" $(QUICK) $(ARGS)

pythons: ## Run the tests that need no server with every Python from 3.11 to 3.14 that is installed
	@.ci/pythons $(ARGS)

check: $(VENV)/.dev ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Format the code and fix what can be fixed safely
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.dev $(BENCH_VENV)/.bench ## Measure, beside peers (BENCHMARKS='ingest replay sketches' ARGS=--quick)
	@.ci/install-system test
	@for benchmark in $(BENCHMARKS); do $(BIN)/python benchmarks/$$benchmark.py $(ARGS) || exit 1; done

chaos: $(VENV)/.dev ## Stage faults on Kafka, Redis and workers and compare every figure (DURATION=10m SEED=1 STORE=one|sentinel|cluster)
	@.ci/install-system test
	$(BIN)/python -m tests.chaos --duration $(DURATION) --seed $(SEED) --store $(STORE)

images: $(VENV)/.dev ## Take the board's pictures in docs/images anew
	BOARD_IMAGES=docs/images $(BIN)/python -m pytest tests/browser/take_images.py

lock: ## Pin the dependencies of pyproject.toml with hashes (ARGS=--upgrade: to their newest versions)
	@PYTHON="$$(.ci/find-python $(PYTHON))" && export PYTHON && .ci/lock $(ARGS)

release: $(VENV)/.dev ## Build the tagged version into dist/: packages, chart, image, SBOM, licences, checksums
	@$(BIN)/python .ci/release $(ARGS)

clean: ## Remove everything that was set up or built here
	rm -rf $(VENV) $(BENCH_VENV) .venv-3.* .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One virtual environment; a stamp in it per set of pins, so that only a change installs again.
$(BIN)/python:
	@PYTHON="$$(.ci/find-python $(PYTHON))" && echo "Creating $(VENV) with $$PYTHON" && "$$PYTHON" -m venv --clear $(VENV)

$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: constraints/%.txt pyproject.toml | $(BIN)/python
	@test $* = demo || PYTHON=$(BIN)/python .ci/install-system build  # every package of the demo is a wheel
	@echo "Installing the pinned packages of $<"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the benchmarks compare with, apart from the monitor: its pins must not depend on its rivals'.
$(BENCH_VENV)/.bench: constraints/bench.txt
	@PYTHON="$$(.ci/find-python $(PYTHON))" && export PYTHON && .ci/install-system build && \
	  echo "Creating $(BENCH_VENV) with $$PYTHON" && "$$PYTHON" -m venv --clear $(BENCH_VENV)
	@echo "Installing the pinned packages of $<"
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
