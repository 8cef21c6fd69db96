# The commands of Parvis. A machine needs Python 3.11 or later, make and git.

PYTHON ?= python3
PORT ?= 8000
# Whatever else pytest should hear: make test-fast ARGS="-k budget"
ARGS ?=

BIN := .venv/bin
# The demonstration installs what it runs on; the rest installs everything. Both are the same versions.
DEMO := .venv/demo.stamp
DEV := .venv/dev.stamp

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check bench assets lock clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-10s %s\n' "$$name" "$$what"; done

demo: $(DEMO) ## three platforms on http://localhost:8000/ (PORT=8000, RESET=1 starts afresh)
	@$(BIN)/parvis demo --port $(PORT) $(if $(filter-out 0 no false,$(RESET)),--reset)

test: $(DEV) ## everything: style, types, doors, then every test, browsers included
	@scripts/ensure_chromium >/dev/null
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -n auto --dist loadfile $(ARGS)

test-fast: $(DEV) ## every test without a browser
	@$(BIN)/pytest -n auto --dist loadfile -m "not browser and not slow" $(ARGS)

check: $(DEV) ## style, types, doors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(DEV) ## every speed and volume figure
	@$(BIN)/python -m tests.bench $(ARGS)

assets: $(DEV) ## vendor the front-end files again, from pinned packages
	@$(BIN)/python scripts/assets.py

lock: ## compile requirements/*.in (ARGS=--upgrade takes newer versions)
	@PYTHON=$(PYTHON) scripts/lock $(ARGS)

clean: ## stop the embedded servers, remove .venv and var
	@if [ -x $(BIN)/python ] && [ -d var ]; then $(BIN)/python -m app.embedded wipe; fi
	@rm -rf .venv var

$(DEMO): requirements/embedded.txt pyproject.toml
	$(call install,requirements/embedded.txt)

$(DEV): requirements/dev.txt pyproject.toml
	$(call install,requirements/dev.txt)
	@touch $(DEMO)

# Without build isolation, because that would fetch a build backend that no lock pins. The package is installed as a
# pointer to this folder, so new files need no new installation.
define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parvis needs Python 3.11 or later: make PYTHON=python3.12")'
@echo 'Installing $(1) in .venv (a minute the first time)…'
@$(PYTHON) -m venv .venv
@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r $(1)
@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation \
	--config-settings editable_mode=compat --editable .
@touch $@
endef
