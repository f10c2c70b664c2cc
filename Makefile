# Forecourt: every command of the project. Each one makes the environment first, if it is not there yet.
# A newcomer needs two: `make run` and `make test`.

PORT ?= 8080
WORKERS ?= 2
STAGE ?= dev

VENV := .venv
READY := $(VENV)/.ready
PYTHON := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check fidelity format capabilities reset demo verify-archive redrive replay rebuild-balances import-large counts counts-large icount cost paired bench races histories kills openapi licences template simulate stream-records faults deliberate-bugs mutants

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## Run everything on this machine; PORT=8080
	@PORT=$(PORT) exec $(PYTHON) -m local.run

reset: $(READY) ## Forget the state of the local run
	@$(PYTHON) -m local.reset

demo: $(READY) ## Drive the running system for a day over HTTP, then check the books from outside
	@$(PYTHON) -m bench.demo

verify-archive: $(READY) ## Find a changed, missing or added record in the archive of the local run
	@$(PYTHON) -m local.verify_archive

redrive: $(READY) ## List what functions gave up; ARGS="by=anna dry_run=false" hands it over again
	@$(PYTHON) -m local.invoke redrive $(ARGS)

replay: $(READY) ## Show operations to a reader again; ARGS="function=pay_commission ids=ord_…"
	@$(PYTHON) -m local.invoke replay $(ARGS)

rebuild-balances: $(READY) ## All balances from the archive alone, compared with the tables
	@$(PYTHON) -m local.invoke rebuild_balances $(ARGS)

check: $(READY) ## Format, lint, types, layers, tidy and unit tests: under a minute
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m pytest -q -n $(WORKERS) tests/unit tests/test_tidy.py tests/test_imports.py tests/test_capabilities.py

test: $(READY) ## All tests; WORKERS=2
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile

fidelity: $(READY) ## Random programs on the simulated tables and the engine; PROGRAMS=10000 SEED=7 (PROGRAM=12: one)
	@$(PYTHON) -m tests.simulation.fidelity $(if $(PROGRAMS),--programs $(PROGRAMS)) $(if $(SEED),--seed $(SEED)) $(if $(PROGRAM),--program $(PROGRAM))

faults: $(READY) ## Every single and every double fault of every operation; OPERATION="payout": one of them
	@$(PYTHON) -m tests.simulation.try_every_fault $(if $(OPERATION),--operation "$(OPERATION)")

races: $(READY) ## The tests in which many clients contend for the same thing
	$(PYTHON) -m pytest -m race

histories: $(READY) ## Histories of threads and processes against a model; HISTORIES=2000 SEED=a fresh one
	@$(PYTHON) -m tests.histories --histories $(or $(HISTORIES),2000) $(if $(SEED),--seed $(SEED))

kills: $(READY) ## SIGKILL of each kind of process by turns, under load; KILLS=500 SEED=a fresh one
	@$(PYTHON) -m tests.kills --kills $(or $(KILLS),500) $(if $(SEED),--seed $(SEED))

simulate: $(READY) ## Small worlds in which everything goes wrong, from one seed; OPS=300000 SEED=…
	@$(PYTHON) -m tests.simulation.simulate --operations $(or $(OPS),300000) $(if $(SEED),--seed $(SEED)) --processes $(WORKERS)

stream-records: $(READY) ## A million stream records, disturbed, then one reconciliation; RECORDS=1000000 SEED=…
	@$(PYTHON) -m tests.simulation.stream_records --records $(or $(RECORDS),1000000) $(if $(SEED),--seed $(SEED)) --processes $(WORKERS)

deliberate-bugs: $(READY) ## Twelve mistakes, each in a copy: how many worlds until the simulation finds it?
	@$(PYTHON) -m tests.simulation.deliberate_bugs

mutants: $(READY) ## Small mistakes that no test notices; MODULES=chalicelib/domain/ledger.py (none: all)
	@$(PYTHON) -m tests.mutation --processes $(WORKERS) $(MODULES)

import-large: $(READY) ## Import a batch of 100,000 cards, as many as a file may hold
	IMPORT_ROWS=100000 $(PYTHON) -m pytest -q tests/e2e/test_stock_import.py -k large_batch

counts: $(READY) ## Round trips and capacity units of each operation against the golden file
	@$(PYTHON) -m bench.counts

counts-large: $(READY) ## The same counts with a million distributors; needs 8 GB
	@$(PYTHON) -m bench.counts --distributors 1000000

icount: $(READY) ## Instructions of cold starts and of a warm purchase over the bare calls of AWS
	@sh infra/valgrind.sh
	@$(PYTHON) -m bench.icount

cost: $(READY) ## What a million orders cost on AWS, from counted units and bench/cost/prices.toml
	@$(PYTHON) -m bench.cost

paired: $(READY) ## CPU of a paid order beside django-hordak on PostgreSQL and SQLite, by turns
	@$(PYTHON) -m bench.paired

bench: $(READY) ## Write BENCHMARKS.md: counts, cost, instructions, and the rounds beside others
	@sh infra/valgrind.sh
	@$(PYTHON) -m bench.report $(ARGS)

capabilities: $(READY) ## Which of the 184 capabilities are proven, and by which tests
	@$(PYTHON) -m tests.capabilities

format: $(READY) ## Format and repair what can be repaired
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

openapi: $(READY) ## Write docs/openapi.json from the running routes
	@$(PYTHON) -m infra.openapi

template: $(READY) ## Build and lint what AWS gets; STAGE=dev
	@$(PYTHON) -m infra.build --stage $(STAGE) --out build

licences: $(READY) ## Write docs/licences.md: the licence of every installed dependency
	@$(PYTHON) -m infra.licences

$(READY): requirements.txt requirements-dev.txt
	@sh infra/environment.sh $(VENV)
	@touch $(READY)
