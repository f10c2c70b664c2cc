# Forecourt: every command of the project. Each one makes the environment first, if it is not there yet.
# A newcomer needs two: `make run` and `make test`.

PORT ?= 8080
WORKERS ?= 2
STAGE ?= dev

VENV := .venv
READY := $(VENV)/.ready
PYTHON := $(VENV)/bin/python
SCANNERS := build/scanners/.ready

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*[#][#].*/\1/p' Makefile)

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: web ## Run everything on this machine; PORT=8080
	@PORT=$(PORT) exec $(PYTHON) -m local.run

web: $(READY) ## Install and build the app where its lock or its sources changed
	@$(PYTHON) -m infra.web_build

status: $(READY) ## Alarms, lags, queues and numbers of the local run; ARGS=--all
	@$(PYTHON) -m local.status $(ARGS)

reset: $(READY) ## Forget the state of the local run
	@$(PYTHON) -m local.reset

demo: $(READY) ## Drive the running system for a day over HTTP, then check the books from outside
	@$(PYTHON) -m bench.demo

verify-archive: $(READY) ## Find a changed, missing or added record in the archive of the local run
	@$(PYTHON) -m local.verify_archive

drill: $(READY) ## Restore every table beside itself and compare it, fen by fen, with the archive; STAGE=prod: on AWS
	@$(PYTHON) -m local.drill $(if $(filter-out undefined default file,$(origin STAGE)),--stage $(STAGE))

reindex-archive: $(READY) ## The archive's index and head anew from its objects; STAGE=prod ARGS=--write
	@$(PYTHON) -m local.reindex_archive $(if $(filter-out undefined default file,$(origin STAGE)),--stage $(STAGE)) $(ARGS)

redrive: $(READY) ## List what functions gave up; ARGS="by=anna dry_run=false" hands it over again
	@$(PYTHON) -m local.invoke redrive $(ARGS)

replay: $(READY) ## Show operations to a reader again; ARGS="function=pay_commission ids=ord_…"
	@$(PYTHON) -m local.invoke replay $(ARGS)

rebuild-balances: $(READY) ## All balances from the archive alone, compared with the tables
	@$(PYTHON) -m local.invoke rebuild_balances $(ARGS)

import-data: $(READY) ## Bring data from another system; ARGS="source=oldshop kind=cards file=@cards.csv" checks a file
	@$(PYTHON) -m local.invoke import_data $(ARGS)

import-report: $(READY) ## What the ledger has of another system; ARGS="source=oldshop cards_rows=… balance_fen=…"
	@$(PYTHON) -m local.invoke import_report $(ARGS)

migrate: $(READY) ## List the migration steps of this version; ARGS="step=… by=anna dry_run=false" takes one
	@$(PYTHON) -m local.invoke migrate $(ARGS)

enrol-admin: $(READY) ## A one-time code for the first admin; ARGS="phone=… by=anna dry_run=false"
	@$(PYTHON) -m local.invoke enrol_admin $(ARGS)

enrol-brought: $(READY) ## A one-time code for a person brought from another system; ARGS="phone=… by=anna …"
	@$(PYTHON) -m local.invoke enrol_brought $(ARGS)

drop-signing-keys: $(READY) ## Show the keys of tokens; ARGS="by=anna dry_run=false" drops them and signs everybody out
	@$(PYTHON) -m local.invoke drop_signing_keys $(ARGS)

check: $(READY) ## Format, lint, types, layers, tidy and unit tests: under a minute
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m pytest -q -n $(WORKERS) tests/unit tests/test_tidy.py tests/test_imports.py tests/test_capabilities.py

test: $(READY) $(SCANNERS) ## All tests; WORKERS=2
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-web: $(READY) ## The app alone: types, lint, its own tests, build, budgets, journeys; `make test` does it too
	$(PYTHON) -m pytest tests/web

test-web-all: web ## Each page and dialog at every width, in both themes and languages: axe, targets, pictures in web/reports
	@cd web && LOOKS=all PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm run --silent journeys -- looks.journey.ts --trace off

lighthouse: web ## Lighthouse on four first pages of a run of its own, three times each; fails below 95; reports in web/reports
	@cd web/lighthouse && export PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm_config_cache="$(CURDIR)/build/npm" NODE_USE_SYSTEM_CA=1 \
	&& npm ci --silent --no-audit --no-fund --prefer-offline && cd .. && npx playwright test --config lighthouse.config.ts

fidelity: $(READY) ## Random programs on the simulated tables and the engine; PROGRAMS=10000 SEED=7 (PROGRAM=12: one)
	@$(PYTHON) -m tests.simulation.fidelity $(if $(PROGRAMS),--programs $(PROGRAMS)) $(if $(SEED),--seed $(SEED)) $(if $(PROGRAM),--program $(PROGRAM))

faults: $(READY) ## Every single and every double fault of every operation; OPERATION="payout": one of them
	@$(PYTHON) -m tests.simulation.try_every_fault $(if $(OPERATION),--operation "$(OPERATION)")

matrix: $(READY) ## Every route, somebody of every role, their own and another's: how many calls, how many unexpected
	@$(PYTHON) -m pytest -q -s tests/handlers/test_authorisation.py

schemathesis: $(READY) ## Random requests by everybody, each answer against the description; REQUESTS=50000 SEED=a fresh one
	@$(PYTHON) -m tests.handlers.random_requests --requests $(or $(REQUESTS),50000) $(if $(SEED),--seed $(SEED))

attacks: $(READY) ## The scripted attacker: another's things, forged tokens, replays, races, injection, odd requests
	@$(PYTHON) -m pytest -q tests/attacks

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

deploy: web ## Deploy to AWS: shows what would change, and asks; STAGE=dev YES=1 PARAMETERS="WebOrigins=…"
	@$(PYTHON) -m infra.deploy deploy --stage $(STAGE) $(if $(YES),--yes) $(PARAMETERS)

seed: $(READY) ## Look whether a stage's catalogue is empty; STAGE=dev FILE=… BY=anna YES=1 gives it its seed
	@$(PYTHON) -m infra.seed --stage $(STAGE) $(if $(FILE),--file $(FILE)) $(if $(BY),--by $(BY)) $(if $(YES),--yes)

rollback: $(READY) ## Bring the release before back, or another one; STAGE=dev RELEASE=…
	@$(PYTHON) -m infra.deploy rollback --stage $(STAGE) $(if $(YES),--yes) $(if $(RELEASE),--release $(RELEASE))

releases: $(READY) ## What was ever deployed to a stage, and what is now; STAGE=dev
	@$(PYTHON) -m infra.deploy releases --stage $(STAGE)

package: $(READY) ## Build the Lambda zip, the same bytes each time; STAGE=dev
	@$(PYTHON) -m infra.package --stage $(STAGE)

rehearse: $(READY) ## Create, drive, change and delete on the engine what AWS would get
	@$(PYTHON) -m tests.rehearsal

policies: $(READY) ## Scan what AWS would get with checkov; what it may find: infra/policies.toml
	@$(PYTHON) -m infra.policies

personal-data: $(READY) ## Write docs/personal-data.md from the inventory of personal data
	@$(PYTHON) -m infra.personal_data

asvs: $(READY) ## Write docs/asvs.md: what of the OWASP ASVS 5.0 is shown by which test
	@$(PYTHON) -m infra.asvs

runbooks: $(READY) ## Write docs/runbooks/README.md from the table of alarms
	@$(PYTHON) -m infra.runbooks

licences: $(READY) ## Write docs/licences.md: the licence of every installed dependency
	@$(PYTHON) -m infra.licences

lock: $(READY) $(SCANNERS) ## Write the hash-locked files; ARGS=--upgrade or ARGS="--upgrade-package NAME"
	@$(PYTHON) -m infra.locks $(ARGS)

sbom: $(READY) ## Write build/sbom.json: what the Lambda zip carries, as CycloneDX
	@$(PYTHON) -m infra.sbom

scan: $(READY) $(SCANNERS) ## bandit and the rules of infra/semgrep: a grave finding fails
	@$(PYTHON) -m infra.scan

audit: $(READY) $(SCANNERS) ## Known weaknesses of what we install; fails too where nobody answers; ADVISORIES=address STAGE=prod: told there
	@$(PYTHON) -m infra.audit $(if $(filter-out undefined default file,$(origin STAGE)),--stage $(STAGE)) $(if $(ADVISORIES),--advisories $(ADVISORIES))

release-check: $(READY) $(SCANNERS) ## Locks, SBOM, licences, scans, audit and version: may this be released?
	@$(PYTHON) -m infra.release_check $(if $(ADVISORIES),--advisories $(ADVISORIES))

$(READY): requirements-dev.lock
	@sh infra/environment.sh $(VENV) requirements-dev.lock
	@touch $(READY)

$(SCANNERS): infra/scanners.lock
	@sh infra/environment.sh $(@D) infra/scanners.lock
	@touch $@
