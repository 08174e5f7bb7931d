# Every target does all of its own set-up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# for two cores: many tests wait for processes
JOBS ?= 3
FUZZ_SECONDS ?= 60
CHAOS_SEEDS ?= 1
CHAOS_RELEASES ?= 500

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'altpress needs Python 3.11 or newer: make PYTHON=python3.12 …'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@# the source tree itself is the installation: a .pth file and one launcher, no build step
	@$(BIN)/python scripts/link_checkout.py
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

.PHONY: run demo dev test test-long check check-deploy fuzz chaos format lock clean
run: $(VENV)/.runtime ## a working bot with its own GitHub (sandbox), on this machine
	$(BIN)/altpress up --sandbox

demo: $(VENV)/.runtime ## the whole main job, told step by step (KEEP=1 stays up)
	$(BIN)/altpress demo $(if $(KEEP),--keep)

dev: $(VENV)/.dev ## like run, with live reload
	$(BIN)/altpress up --sandbox --reload

test: $(VENV)/.dev ## the suite, in less than ten minutes
	$(BIN)/python -m pytest -n $(JOBS) --dist=loadgroup

test-long: $(VENV)/.dev ## what takes minutes more: outages, killed processes, a short chaos
	$(BIN)/python -m pytest -n $(JOBS) --dist=loadgroup -m long

check: $(VENV)/.dev ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check-deploy: $(VENV)/.dev ## containers, manifests, workflows, alerts; no secret in the tree
	$(BIN)/python scripts/scan_secrets.py
	$(BIN)/hadolint Dockerfile
	$(BIN)/yamllint --strict -c .yamllint.yml .yamllint.yml .github deploy docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml $(wildcard deploy/*/docker-compose*.yml)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/zizmor --offline --quiet --persona=pedantic .github
	$(BIN)/ruff check scripts/smoke scripts/deploy
	$(BIN)/ruff format --check scripts/smoke scripts/deploy
	$(BIN)/mypy scripts/check_deploy.py scripts/scan_secrets.py
	MYPYPATH=scripts $(BIN)/mypy --scripts-are-modules scripts/smoke
	MYPYPATH=scripts $(BIN)/mypy --scripts-are-modules scripts/deploy
	$(BIN)/python scripts/check_deploy.py

fuzz: $(VENV)/.fuzz ## fuzz all that reads IPAs (FUZZ_SECONDS=60 for each target; Linux)
	$(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

chaos: $(VENV)/.dev ## break everything at once (CHAOS_SEEDS=1 CHAOS_RELEASES=500), look from outside
	$(BIN)/python -m tests.chaos --seeds $(CHAOS_SEEDS) --releases $(CHAOS_RELEASES)

format: $(VENV)/.dev ## put the code into its one form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## lock the dependencies anew (versions and hashes, no registry addresses)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-strip-extras pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-strip-extras --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes --no-annotate --no-header --no-emit-index-url --group fuzz -o requirements/fuzz.txt

clean: ## remove what the targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist
