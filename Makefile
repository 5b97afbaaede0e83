# Inlay: everything a person does with this checkout. `make help` lists it.
# Stamp files inside .venv make a second run start at once. uv reads UV_DEFAULT_INDEX, plain pip its own
# settings: a firm with a mirror of its own sets them outside this checkout, for no lock names a host.

PY ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-bench
# Where uv waits for a moment on a machine whose Python cannot make an environment by itself.
LADDER := .venv-ladder
CHECKED := $(wildcard core connectors plugins webhooks mappings tests benchmarks)

# A `core/` folder in the caller's working directory must not hide ours.
export PYTHONSAFEPATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start many processes: each would compile all of Inlay anew where the caller's shell forbids keeping that.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install install-dedupe demo run test lint format bench soak lock check-lock clean

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(VENV)/.installed  ## make .venv and install all that is locked

install-dedupe: $(VENV)/.installed requirements/dedupe.lock  ## add the dedupe extra (needs gcc and Python's headers)
	@$(call install_locked,$(VENV),requirements/dedupe.lock,--no-build-isolation)

demo: install  ## sandboxes, sync, plan, apply, report: the whole job on a made-up firm
	@$(BIN)/inlay demo $(ARGS)

run: install  ## web, worker and schedule in one process
	@$(BIN)/inlay run $(ARGS)

test: install lint  ## everything that must hold before a change is kept
	@$(BIN)/python -m pytest tests --numprocesses auto --dist loadfile $(ARGS)

lint: install check-lock  ## style, types and the arrows of the house
	@$(BIN)/ruff check $(CHECKED)
	@$(BIN)/ruff format --check $(CHECKED)
	@$(BIN)/mypy $(CHECKED)
	@$(BIN)/lint-imports

format: install  ## let ruff repair what it can
	@$(BIN)/ruff check --fix $(CHECKED) || true
	@$(BIN)/ruff format $(CHECKED)

bench: install $(PEERS)/.installed  ## measure against dlt and singer-sdk in the same run
	@INLAY_BENCH_PEERS=$(PEERS)/bin/python $(BIN)/python -P -m benchmarks $(ARGS)

soak: install  ## the long tests under load
	@$(BIN)/python -m pytest tests -m soak $(ARGS)

clean:  ## remove environments and what tools left behind
	@rm -rf $(VENV) $(PEERS) $(LADDER) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find $(CHECKED) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments -------------------------------------------------------------------------------------------------

# An environment is made once and afterwards only added to: a changed lock must not pull it from under a running
# program. `make clean` is the one way to remove it; a half-made one (no stamp, no Python that starts) is replaced.
# python3-venv is a package of its own on Debian. Without it, pip (if there) fetches the pinned uv into a folder of
# this checkout and uv makes the environment; nothing outside the checkout is touched.
define make_venv
	$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Inlay needs Python 3.11 or newer as '$(PY)': install it, then e.g. make PY=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	if $(1)/bin/python -c '' 2>/dev/null; then exit 0; fi; \
	rm -rf $(1); \
	if $(PY) -c 'import ensurepip, venv' 2>/dev/null; then \
		$(PY) -m venv $(1); \
	elif $(PY) -m pip --version >/dev/null 2>&1; then \
		$(PY) -m pip install --quiet --target $(LADDER) --require-hashes -r requirements/bootstrap.lock; \
		$(LADDER)/bin/uv venv --quiet --python "$$($(PY) -c 'import sys; print(sys.executable)')" $(1); \
		$(LADDER)/bin/uv pip install --quiet --python $(1)/bin/python --require-hashes -r requirements/bootstrap.lock; \
		rm -rf $(LADDER); \
	else \
		echo "'$(PY)' can make no environment. On Debian and Ubuntu: sudo apt-get install -y python3-venv, then make again" >&2; \
		exit 1; \
	fi
endef

# install_locked VENV LOCK [OPTIONS]: uv where it runs, else pip, from the very same lock.
define install_locked
	if $(1)/bin/uv --version >/dev/null 2>&1; \
	then $(1)/bin/uv pip install --quiet --python $(1)/bin/python --require-hashes $(3) -r $(2); \
	else $(1)/bin/python -m pip install --quiet --require-hashes $(3) -r $(2); fi
endef

$(VENV)/.made $(PEERS)/.made:
	@echo "making $(@D)"
	@$(call make_venv,$(@D))
	@touch $@

$(VENV)/.uv $(PEERS)/.uv: %/.uv: %/.made requirements/bootstrap.lock
	@$(call install_locked,$(@D),requirements/bootstrap.lock) \
	|| echo "uv cannot be had here; going on with pip, which is slower" >&2
	@touch $@

$(VENV)/.locked: $(VENV)/.uv requirements/all.lock
	@echo "installing requirements/all.lock"
	@$(call install_locked,$(VENV),requirements/all.lock)
	@touch $@

# The editable install builds with the locked setuptools, so nothing without a hash is fetched.
$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@if $(BIN)/uv --version >/dev/null 2>&1; \
	then $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .; \
	else $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .; fi
	@touch $@

$(PEERS)/.installed: $(PEERS)/.uv requirements/bench.lock
	@echo "installing requirements/bench.lock"
	@$(call install_locked,$(PEERS),requirements/bench.lock)
	@touch $@

# --- locks --------------------------------------------------------------------------------------------------------

# One lock for every Python from 3.11.0 on (redis needs async-timeout below 3.11.3), all hashes, no host.
# `make lock UPGRADE=--upgrade` takes newer releases; without it the pins stay where they are.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11.0 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

lock: $(VENV)/.uv  ## write requirements/*.lock anew from pyproject.toml and requirements/*.in
	@$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.lock
	@$(COMPILE) pyproject.toml --extra docusign --extra pubsub --extra tracing --group dev -o requirements/all.lock
	@$(COMPILE) pyproject.toml --extra dedupe -c requirements/all.lock -o requirements/dedupe.lock
	@$(COMPILE) requirements/bench.in -o requirements/bench.lock

check-lock:  ## refuse hosts and options in locks
	@if grep -HnE '://|^[[:space:]]*-' requirements/*.lock | grep -vE '^[^:]+:[0-9]+:    --hash=sha256:[0-9a-f]{64}( \\)?$$'; \
	then echo "a lock names a host or an option (above): run make lock" >&2; exit 1; fi
