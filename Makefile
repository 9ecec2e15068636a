# Every task of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help serve test test-unit test-integration test-faults check format reference lock bench clean

VENV := .venv
RUN := $(VENV)/bin

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## run Doorward on http://127.0.0.1:8000 (PORT=8001 make serve for another port)
	@./scripts/bootstrap.sh run
	@exec $(RUN)/doorward serve

test: ## the whole suite, on SQLite and on a PostgreSQL that it starts itself
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest $(ARGS)

test-unit: ## only the tests that need no database and no server
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m "not integration" $(ARGS)

test-integration: ## only the tests that use a database, a server or a process
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m integration $(ARGS)

test-faults: ## every fault of docs/faults.md, the long rounds too
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m fault --long $(ARGS)

check: ## formatting, lint, types, import contracts and the freshness of the lock
	@./scripts/bootstrap.sh dev
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	./scripts/lock.sh --check

format: ## write the code in the project's format
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

reference: ## write docs/reference from the classes it describes
	@./scripts/bootstrap.sh dev
	$(RUN)/python scripts/reference.py

lock: ## write the hash-pinned requirements files anew from pyproject.toml
	./scripts/lock.sh

bench: ## measure Doorward beside its peers; prints a table, writes JSON and a plot (see bench/README.md)
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m bench $(ARGS)

clean: ## remove what the tasks made, but not ./data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
