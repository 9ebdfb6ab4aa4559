PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXPERIMENT ?= foraging_quick
LINES ?= 2000
KILLS ?= 100
SEED ?= 0
BRIAN2 := $(VENV)/brian2

.DEFAULT_GOAL := help
.PHONY: help run brian2 test long fast fuzz kills lint types table benchmark reference docs clean

help:  ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(READY)  ## set up and run the project's story, or another one: EXPERIMENT=src_quick
	$(BIN)/sleeprun +experiment=$(EXPERIMENT)

brian2: $(READY) $(BRIAN2)/.ready  ## set up Brian2 where it can be, to be tested and timed against

test: $(READY)  ## set up and run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not long" --durations 20

long: $(READY)  ## the tests that take longest: whole recorded runs, own networks, the table
	$(BIN)/python -m pytest -n auto -m long

fast: $(READY)  ## the tests that take seconds
	$(BIN)/python -m pytest -m "not slow"

fuzz: $(READY)  ## command lines of any kind, none of which may break it: LINES=2000, and a SEED=0 of the draw
	cd tests && ../$(BIN)/python -m fuzzing $(LINES) $(SEED)

kills: $(READY)  ## runs and sweeps that are killed at a file operation and gone on with: KILLS=100
	cd tests && ../$(BIN)/python -m fuzzing.kills $(KILLS)

lint: $(READY)  ## style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## static types
	$(BIN)/mypy

table: $(READY)  ## the published table at a tenth of its length (SCALE=1: whole), an hour and more; goes on when called again
	$(BIN)/python scripts/golden2022_table.py --scale $(or $(SCALE),0.1) --seeds 10 --folder runs/golden2022_table$(addprefix _,$(SCALE))

benchmark: $(READY) $(BRIAN2)/.ready  ## speed beside Brian2, plain JAX and plain NumPy, three lines of JSON
	$(BIN)/python scripts/benchmark.py
	$(BIN)/python scripts/benchmark_sleep.py
	$(BIN)/python scripts/benchmark_cortex.py

reference: $(READY)  ## write docs/reference.md, all that a config can say, anew
	$(BIN)/python -m sleeprun.cli.reference > docs/reference.md

docs: $(READY)  ## build the pages of docs/ into a site that needs no network, build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q

clean:  ## remove what was set up
	rm -rf $(VENV) build dist

$(READY): pyproject.toml constraints.txt $(wildcard sleeprun/spiking/native/*.h sleeprun/spiking/native/*.cc) sleeprun/spiking/native/CMakeLists.txt
	@echo "setting up, once: packages are fetched and the kernel is compiled, in some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Brian2 wants another numpy. Where it can't be installed, benchmark and tests go on without it.
$(BRIAN2)/.ready: scripts/speed/brian2.txt
	-$(PYTHON) -m venv $(BRIAN2)
	-$(BRIAN2)/bin/pip install -q --disable-pip-version-check -r $< && touch $@
