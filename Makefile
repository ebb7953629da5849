# Tubepulse: every target is one line of work; `make` alone prints them.
SHELL := /bin/sh
RUN := .venv/bin/python
WEEK ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit lint fixtures locks record clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install .venv from the hash-pinned locks (the other targets do it when needed)
	@python=$$(sh embedded/find-python.sh) && exec "$$python" embedded/install.py

demo: setup ## Run the pipeline once on recorded posts, without Docker; WEEK=2026-W46 for one week
	@exec $(RUN) -m embedded.demo $(if $(WEEK),--week $(WEEK))

test: setup lint ## Unit, contract and integration tests
	@exec $(RUN) -m pytest --numprocesses 2 --dist loadgroup

unit: setup ## Unit tests only: no services
	@exec $(RUN) -m pytest tests/unit

lint: setup ## Style, import walls and types; changes nothing
	@$(RUN) -m ruff check && $(RUN) -m ruff format --check && $(RUN) -m mypy

fixtures: setup ## Make the synthetic fixtures and their expected results again
	@$(RUN) -m fixtures.generate && $(RUN) -m fixtures.reference

record: setup ## Record live answers of the X API into build/recordings (needs X_BEARER_TOKEN; costs money)
	@AIRFLOW_HOME=$(CURDIR)/build/airflow PYTHONPATH=airflow/dags exec $(RUN) -m fixtures.record

locks: setup ## Resolve the requirements again, hashes included
	@sh requirements/lock.sh

clean: ## Remove what was built, the demo's database included; .venv stays
	@if [ -x $(RUN) ]; then $(RUN) -m embedded.postgres remove; fi && rm -rf build
