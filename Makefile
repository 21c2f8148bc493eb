# A new clone needs only `make run` and `make test`; both install missing packages, and are fast the second time.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run cluster test check soak coverage lint bench bench-cluster bench-queries bench-prune bench-search bench-sleepers clean

setup: $(VENV)/installed

$(VENV)/installed: requirements.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "SinkHub needs Python 3.11 or newer: remove $(VENV), and say 'make setup PYTHON=/path/to/python3.11'."; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# PORT, HOST and DATABASE_URL come from the environment. For example: make run SERVE_ARGS=--reload
run: setup
	@$(BIN)/python manage.py quickstart
	@exec $(BIN)/python manage.py serve $(SERVE_ARGS)

# PostgreSQL, Redis, two servers (PORT and PORT+1; SERVERS) and a worker (WORKERS), from pip packages only.
cluster: setup
	@exec $(BIN)/python -m cluster

# Tests start hundreds of processes, so bytecode is written even if the shell disables it.
test check soak coverage: export PYTHONDONTWRITEBYTECODE =
# May be more than the number of cores: tests wait more than they compute.
TEST_PROCESSES ?= 6
# Tests run in random order. The fixed seed repeats the same order for each change; the nightly job draws a new seed.
TEST_SEED ?= 395763622
PYTEST := $(BIN)/python -m pytest --randomly-seed=$(TEST_SEED)

# All tests, with a browser and PostgreSQL. It installs Chromium if it is missing.
test: setup
	@$(BIN)/python -m tests.support.chromium
	$(PYTEST) -n $(TEST_PROCESSES) --no-loadscope-reorder --all-must-run -m "not soak" $(PYTEST_ARGS)

# The fast checks: linters, types, and the tests that start no other process.
check: lint
	$(PYTEST) -n 2 --no-loadscope-reorder -m "not processes and not browser and not postgresql and not soak" --all-must-run $(PYTEST_ARGS)

# Long tests with production intervals: the tests that kill processes, then hundreds of kills and long fuzzing.
KILL_TESTS := tests/processes/test_recovery.py tests/processes/test_processes.py tests/processes/test_workers.py tests/processes/test_journal.py
soak: setup
	$(PYTEST) --shipped-intervals --all-must-run -n $(TEST_PROCESSES) -m "not soak" $(KILL_TESTS) $(PYTEST_ARGS)
	$(PYTEST) --shipped-intervals --all-must-run -m soak $(PYTEST_ARGS)

# Lines that no test executes, also in the processes that tests start.
coverage: setup
	@$(BIN)/python -m tests.support.chromium
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --randomly-seed=$(TEST_SEED) -n $(TEST_PROCESSES) --no-loadscope-reorder --all-must-run -m "not soak" $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py makemigrations --check --dry-run

# For example: make bench BENCH_ARGS="--server granian --rounds 3" STEPS_ARGS="--rounds 3"
bench: setup
	$(BIN)/python -m bench $(BENCH_ARGS)
	$(BIN)/python -m bench.steps $(STEPS_ARGS)

bench-cluster: setup
	$(BIN)/python -m bench.cluster $(BENCH_ARGS)

bench-queries: setup
	$(BIN)/python -m bench.queries $(BENCH_ARGS)

bench-prune: setup
	$(BIN)/python -m bench.prune $(BENCH_ARGS)

bench-search: setup
	$(BIN)/python -m bench.search $(BENCH_ARGS)

bench-sleepers: setup
	$(BIN)/python -m bench.sleepers $(BENCH_ARGS)

clean:
	rm -rf $(VENV) .venv-dbos .coverage* .pytest_cache .mypy_cache .ruff_cache
