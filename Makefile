# Each target makes .venv first where there is none, or where the pins changed. Needs Python 3.11 or newer; no root.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?= -n 2 --dist loadfile
VENV := .venv
BIN := $(VENV)/bin
PINNED := $(VENV)/.pinned
PEER := .venv-peer
PEER_PINNED := $(PEER)/.pinned

.PHONY: help venv demo test lives lint format bench kill-sweep picture pins clean

help:
	@echo "make venv        .venv with the pinned packages and mailagent itself"
	@echo "make demo        two working days in a minute, on this machine, without accounts"
	@echo "make test        the tests; PYTEST_ARGS=... changes how"
	@echo "make lives       any life of an office, looked at for minutes"
	@echo "make lint        format check, ruff, mypy, import contracts"
	@echo "make format      let ruff format and mend what it can"
	@echo "make bench       the measured numbers, with the peer beside us"
	@echo "make kill-sweep  kill the daemon at every system call that writes"
	@echo "make picture     docs/digest.png anew, by Chromium"
	@echo "make pins        write requirements/*.txt anew"
	@echo "make clean       remove the venvs and what the tools left"

venv: $(PINNED)

$(PINNED): requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mailagent needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(PEER_PINNED): requirements/bench-peer.txt
	test -x $(PEER)/bin/python || $(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet --require-hashes -r requirements/bench-peer.txt
	@touch $@

demo: $(PINNED)
	$(BIN)/mailagent demo

test: $(PINNED)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lives: $(PINNED)
	MAILAGENT_LONG=1 $(BIN)/python -m pytest -n 0 --timeout 0 tests/test_lives.py

lint: $(PINNED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(PINNED)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(PINNED) $(PEER_PINNED)
	$(BIN)/python -m benchmarks

kill-sweep: $(PINNED)
	$(BIN)/python -m benchmarks.kill_sweep --all

picture: $(PINNED)
	$(BIN)/python -m benchmarks.picture

# uv reads pyproject.toml by itself and asks the index only for what is named there.
UV := .venv-pins/bin/uv
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

$(UV):
	$(PYTHON) -m venv .venv-pins
	.venv-pins/bin/python -m pip install --quiet uv

pins: $(UV)
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) --constraint requirements/run.txt --extra demo --extra test pyproject.toml requirements/build.in -o requirements/test.txt
	$(COMPILE) --constraint requirements/test.txt --extra demo pyproject.toml -o requirements/demo.txt
	$(COMPILE) requirements/bench-peer.in -o requirements/bench-peer.txt
	$(COMPILE) --constraint requirements/test.txt requirements/build.in -o requirements/build.txt

clean:
	rm -rf $(VENV) $(PEER) .venv-pins dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
