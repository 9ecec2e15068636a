# Every task of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help serve test test-unit test-integration test-faults coverage check check-deploy audit format examples reference docs check-docs lock bench load clean

VENV := .venv
RUN := $(VENV)/bin

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## run Doorward on http://127.0.0.1:8000 (PORT=8001 make serve for another port)
	@./scripts/bootstrap.sh run
	@exec $(RUN)/doorward serve

test: ## the whole suite, on SQLite and on a PostgreSQL that it starts itself
	@./scripts/bootstrap.sh dev
	./scripts/test.sh $(ARGS)

test-unit: ## only the tests that need no database and no server
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m "not integration" $(ARGS)

test-integration: ## only the tests that use a database, a server or a process
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m integration $(ARGS)

test-faults: ## every fault of docs/faults.md, the long rounds too
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest -m fault --long $(ARGS)

coverage: ## the whole suite, with what of the code it ran; fails below 90 % of lines or 85 % of branches
	@./scripts/bootstrap.sh dev
	@rm -rf coverage && mkdir -p coverage
	@# Whole paths: processes that tests start write into it from other folders.
	COVERAGE_DATA=$(CURDIR)/coverage/data ./scripts/test.sh $(ARGS)
	$(RUN)/python -m coverage combine --quiet --data-file=coverage/data coverage
	$(RUN)/python -m coverage json --quiet --data-file=coverage/data -o coverage/coverage.json
	$(RUN)/python -m coverage html --quiet --data-file=coverage/data -d coverage/html
	$(RUN)/python scripts/coverage_summary.py coverage/coverage.json coverage/summary.md

check: check-deploy ## formatting, lint, types, import contracts, deployment files and the freshness of the lock
	@./scripts/bootstrap.sh dev
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	./scripts/lock.sh --check

check-deploy: ## the image, compose, Kubernetes, chart and workflow files; needs no container engine and no cluster
	@./scripts/bootstrap.sh deploy
	@./scripts/check_deploy.sh

audit: ## known weaknesses of what is locked (asks an advisory service)
	@./scripts/bootstrap.sh deploy
	.venv-deploy/bin/pip-audit --require-hashes --disable-pip -r requirements/run.txt
	.venv-deploy/bin/pip-audit --require-hashes --disable-pip -r requirements/dev.txt

format: ## write the code in the project's format
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

examples: ## run the examples of the REST operations, keep what they answer, and write the reference
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m scripts.reference --unanswered
	$(RUN)/python -m pytest tests/docs/test_operations.py --record -q -p no:randomly
	$(RUN)/python -m scripts.reference

reference: ## write docs/reference from the classes it describes, and docs/scale.md from what was measured
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m scripts.reference
	$(RUN)/python scripts/scale.py

docs: ## the documentation as a site, in site/; fails for a link that leads nowhere or a page that asks another host
	@./scripts/bootstrap.sh docs
	.venv-docs/bin/python scripts/site.py

check-docs: docs ## the same, and every diagram drawn in a browser that may ask no other host, where there is a browser
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m pytest tests/docs tests/architecture/test_reference.py -m "not fault" -k "not test_works_as_printed" -rs $(ARGS)

lock: ## write the hash-pinned requirements files anew from pyproject.toml
	./scripts/lock.sh

bench: ## measure Doorward beside its peers; prints a table, writes JSON and a plot (see bench/README.md)
	@./scripts/bootstrap.sh dev
	$(RUN)/python -m bench $(ARGS)

load: ## load a Doorward in steps of rate; draws what answers take and names the knee (docs/guides/load.md)
	@./scripts/bootstrap.sh run
	@./scripts/bootstrap.sh load
	@.venv-load/bin/python -m load $(ARGS)

clean: ## remove what the tasks made, but not ./data
	rm -rf $(VENV) .venv-deploy .venv-load .venv-docs site coverage load/results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
