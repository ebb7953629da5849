# Tubepulse: every target is one line of work; `make` alone prints them.
SHELL := /bin/sh
RUN := .venv/bin/python
# For what works before .venv is there: any Python that could make one
HOST := python=$$(sh embedded/find-python.sh) && exec "$$python"
WEEK ?=
ENV_FILE ?= .env
PROFILE ?= $(or $(shell sed -n "s/^COMPOSE_PROFILES=['\"]*\([a-z]*\).*/\1/p" $(ENV_FILE) 2>/dev/null | tail -n 1),local)
E2E_ENV := build/e2e/.env
ON_AWS := $(filter aws,$(PROFILE))
ANSWERS = $(if $(filter 1,$(FORCE)),--force) $(if $(filter 1,$(DRY_RUN)),--dry-run)
COMPOSE = COMPOSE_PROFILES=$(PROFILE) docker compose --env-file $(ENV_FILE)

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit bench lint fixtures locks record clean
.PHONY: up run backfill deploy destroy rehearse cost down reset logs ps doctor docker-engine
.PHONY: e2e e2e-aws e2e-compose site-plugin check-requirements aws-cli

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install .venv from the hash-pinned locks (the other targets do it when needed)
	@python=$$(sh embedded/find-python.sh) && exec "$$python" embedded/install.py

aws-cli: setup ## Install .venv-awscli, the AWS CLI that contract tests run (make test does it)
	@exec $(RUN) -m embedded.aws_cli

demo: setup ## Run the pipeline once on recorded posts, without Docker; WEEK=2026-W46 for one week
	@exec $(RUN) -m embedded.demo $(if $(WEEK),--week $(WEEK))

test: setup aws-cli lint ## Unit, contract and integration tests
	@exec $(RUN) -m pytest --numprocesses 2 --dist loadgroup

up: ## Build and start the stack on Docker Compose; PROFILE=emr for real S3 and EMR
	@$(HOST) -m compose.up --profile $(PROFILE) --env-file $(ENV_FILE)

run: setup ## Run the pipeline on the stack and follow it; WEEK=2026-W46 for one week; PROFILE=aws on MWAA
	@exec $(RUN) -m $(if $(ON_AWS),aws.run aws,compose.run --profile $(PROFILE) --env-file $(ENV_FILE)) \
	    $(if $(WEEK),--week $(WEEK))

backfill: setup ## Run the last four weeks on the stack, so that trends show
	@exec $(RUN) -m compose.backfill --profile $(PROFILE) --env-file $(ENV_FILE)

deploy: $(if $(filter local,$(PROFILE)),,setup) ## Bring edited jobs, profile and stations to the stack; PROFILE=aws, emr: to AWS (DRY_RUN=1)
	@$(if $(filter local,$(PROFILE)),$(HOST),exec $(RUN)) \
	    -m $(if $(ON_AWS),aws.deploy aws,compose.deploy --profile $(PROFILE) --env-file $(ENV_FILE)) $(ANSWERS)

destroy: setup ## Remove from AWS what deploy made there (asks; SNAPSHOT=0 keeps none of the database)
	@exec $(RUN) -m aws.destroy $(PROFILE) $(ANSWERS) $(if $(filter 0,$(SNAPSHOT)),--no-snapshot)

rehearse: setup ## The whole deployment to AWS without an account: against moto, killed and completed
	@exec $(RUN) -m aws.rehearse

cost: setup ## What PROFILE=aws or emr costs a run and a month, from a dated price table
	@exec $(RUN) -m aws.cost $(PROFILE)

down: ## Stop the stack; its data stay
	@docker compose --env-file $(ENV_FILE) --profile local --profile emr down --remove-orphans

reset: ## Stop the stack and remove its data (asks; FORCE=1 does not)
	@$(HOST) -m compose.reset --env-file $(ENV_FILE) $(if $(filter 1,$(FORCE)),--force)

logs: ## Follow the stack's logs; SERVICE=emr for one
	@$(COMPOSE) logs --follow --tail 100 $(SERVICE)

ps: ## The stack's services and their health
	@$(COMPOSE) ps --all

doctor: $(if $(ON_AWS),setup) ## Can the stack run here, or be deployed? One line a check, with the command that helps
	@$(if $(ON_AWS),exec $(RUN) -m aws.doctor aws $(if $(filter 1,$(ASK_X)),--ask-x),$(HOST) -m compose.doctor --profile $(PROFILE) --env-file $(ENV_FILE))

docker-engine: ## Install and start Docker's engine and Compose from Debian packages (asks; FORCE=1 does not)
	@FORCE=$(FORCE) sh airgap/docker-engine.sh

e2e: $(if $(ON_AWS),e2e-aws,e2e-compose) ## The stack in a project of its own, tested from end to end; PROFILE=aws: an account's

e2e-aws: setup
	@exec $(RUN) -m aws.e2e aws $(ANSWERS)

e2e-compose:
	@$(HOST) -m compose.env_file $(E2E_ENV) --images-of $(ENV_FILE) --free-ports --set COMPOSE_PROJECT_NAME=tubepulse-e2e-$(word 1,$(shell pwd | cksum))
	@$(HOST) -m compose.doctor --quiet --browser --profile $(PROFILE) --env-file $(E2E_ENV)
	@$(HOST) -m compose.images --env-file $(E2E_ENV)
	@$(MAKE) --no-print-directory setup && exec $(RUN) -m pytest tests/e2e --verbose

site-plugin: ## The website's plugin for a WordPress elsewhere: build/tubepulse-results.zip
	@$(HOST) -m compose.site_plugin --env-file $(ENV_FILE)

check-requirements: setup ## Would MWAA install airflow/requirements.txt, on its Python and its versions?
	@sh requirements/check.sh

unit: setup ## Unit tests only: no services
	@exec $(RUN) -m pytest tests/unit

bench: setup ## What the work costs, against the first jobs and stock VADER; QUICK=1, BIG=1, RATINGS=FILE
	@PYTHONPATH=airflow/dags:spark/jobs:spark/emr exec $(RUN) -m benchmarks $(if $(filter 1,$(QUICK)),--quick) \
	    $(if $(filter 1,$(BIG)),--big) $(if $(RATINGS),--ratings '$(RATINGS)')

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
