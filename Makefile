# Everything runs in .venv, which this file makes from nothing but Python >= 3.11 and the package registry.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# A process that finds no compiled modules compiles them all: seconds for each kernel, judge and test worker.
unexport PYTHONDONTWRITEBYTECODE

# The demo's last day: the story ends in GO there.
DEMO_DAY := 2026-03-05
DEMO_OPENED := 2026-03-02T07:00:00Z

ifdef DESK
OUT ?= reports/$(notdir $(abspath $(DESK)))
RUN_DESK := $(DESK)
RUN_DATE := $(if $(DATE),--date $(DATE))
else
OUT ?= reports/demo
RUN_DESK := $(OUT)/desk
RUN_DATE := --date $(or $(DATE),$(DEMO_DAY))
endif

.PHONY: help setup daily demo test test-slow test-long lint format docs docs-site lab clean
.DEFAULT_GOAL := help

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv from uv.lock

$(READY): pyproject.toml uv.lock
	@set -e; began=$$(date +%s); \
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; \
	UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(BIN)/uv sync --locked --quiet --inexact $(SYNC) --python $(BIN)/python; \
	touch $(READY); \
	echo "set-up took $$(( $$(date +%s) - began )) s, $$(du -sh $(VENV) | cut -f1) in $(VENV)"

daily: $(READY) $(if $(DESK),,demo) ## Run a day: DESK=dir DATE=YYYY-MM-DD; without a desk the demo's last day
	@began=$$(date +%s); $(BIN)/deskgate daily --desk "$(RUN_DESK)" --out "$(OUT)" $(RUN_DATE); code=$$?; \
	echo "the run took $$(( $$(date +%s) - began )) s"; exit $$code

demo: $(READY)
	@$(BIN)/deskgate demo "$(RUN_DESK)"
	@$(BIN)/deskgate baseline freeze --desk "$(RUN_DESK)" --out "$(OUT)" --as-of $(DEMO_OPENED) \
		--by "the demo's operator" --why "the configuration the demo desk opened with"

# Two workers share two cores: more threads for each only wait for one another. The long tests keep polars' own number.
test test-slow: export POLARS_MAX_THREADS ?= 1
test: $(READY) ## Run the quick tests: each rule, and each stage for real at least once, in minutes
	@$(BIN)/pytest -n 2 --dist loadgroup tests $(TEST_OPTIONS)

test-slow: $(READY) ## Run the slow tests: variants, whole desks, real services, damage at every point
	@$(BIN)/pytest -n 2 --dist loadgroup -m "slow and not long" tests $(TEST_OPTIONS)

test-long: $(READY) ## Run what the other two leave out, and search: kill soaks, 500 examples a property, each source file missing
	@$(BIN)/pytest -n 2 --dist loadgroup -m "long or hypothesis" --hypothesis-profile long tests $(TEST_OPTIONS)
	@$(BIN)/pytest -n 2 --nbmake notebooks/investigate

lint: $(READY) ## Check format, lint, types and notebooks
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/nbstripout --verify notebooks/*.ipynb notebooks/*/*.ipynb

format: $(READY) ## Format code and strip notebooks
	@$(BIN)/nbstripout notebooks/*.ipynb notebooks/*/*.ipynb && $(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: $(READY) ## Write what docs/ says from the code: metrics, commands, keys of desk.toml, tables
	@$(BIN)/python -m deskgate.gates.reference && $(BIN)/python -m deskgate.cli.reference

# Its packages are no part of `make setup`. A link that leads nowhere is an error.
docs-site: $(READY) ## Build the documentation as pages, in site/
	@UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(BIN)/uv sync --locked --quiet --inexact --group docs --python $(BIN)/python
	@$(BIN)/sphinx-build --builder html --fail-on-warning --keep-going --fresh-env --quiet --doctree-dir site/.doctrees docs site/html
	@echo "Look at $(CURDIR)/site/html/index.html"

lab: $(READY) $(if $(DESK),,demo) ## Open the investigation notebook of a day in JupyterLab: DESK=dir DATE=YYYY-MM-DD
	@$(BIN)/deskgate lab --desk "$(RUN_DESK)" --out "$(OUT)" $(if $(DATE),--date $(DATE))

clean: ## Remove .venv and site/
	rm -rf $(VENV) site
