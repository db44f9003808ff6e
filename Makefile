# Needs make and Python 3.11 or newer, nothing else; everything is installed into .venv.
# Kept to what GNU make 3.81 knows, because that is what macOS ships.

VENV := .venv
BIN := $(VENV)/bin
ROOMS := schema engine connectors store insight flows app
SOURCES := $(ROOMS) tests $(wildcard bench)

# The first on the path that will do. `make PYTHON=/path/to/python3.12 up` names another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)

# Nothing is built, so nothing that is not pinned is fetched. Bytecode is written at once:
# without it Prefect takes seconds longer to import, at every start.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install -qq --compile --require-hashes --only-binary :all:

UV_VERSION := 0.13.9
LOCK_VENV := .lock-venv
AUDIT_VENV := .audit-venv
AUDIT_TOOLS := cyclonedx-bom==7.5.0 pip-audit==2.10.1
COMPILE := $(LOCK_VENV)/bin/uv pip compile pyproject.toml --no-config --quiet --universal \
	--python-version 3.11 --fork-strategy fewest --only-binary :all: --generate-hashes \
	--no-emit-index-url --no-annotate --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.NOTPARALLEL: # packages come before what is built with them

.PHONY: help
help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# ── Using it ─────────────────────────────────────────────────────────────────────────────────

.PHONY: up
up: install ## Installs what is missing and starts Keepwarm; Ctrl-C ends it (ARGS="..." is passed on)
	@$(BIN)/keepwarm up $(ARGS)

.PHONY: install
install: $(VENV)/.runtime $(VENV)/.keepwarm ## Installs Keepwarm and the packages of requirements.lock into .venv

.PHONY: install-dev
install-dev: $(VENV)/.dev $(VENV)/.keepwarm ## Installs also what the tests need (requirements-dev.lock)

.PHONY: clean
clean: ## Removes .venv and all that was built or cached; your data stays
	rm -rf $(VENV) $(LOCK_VENV) $(AUDIT_VENV) sbom.json .editor build dist htmlcov .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# ── Changing it ──────────────────────────────────────────────────────────────────────────────

.PHONY: test
test: install-dev lint rooms types playbooks ## Runs everything that CI runs
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

.PHONY: test-long
test-long: install-dev ## Runs the tests that take minutes (soaks, random kills, a million customers)
	$(BIN)/python -m pytest -m long --timeout 3600 $(ARGS)

.PHONY: lint
lint: install-dev ## Checks the form of the code
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

.PHONY: rooms
rooms: install-dev ## Checks that imports between rooms go one way
	$(BIN)/lint-imports --no-logo

.PHONY: types
types: install-dev ## Checks the types
	$(BIN)/mypy

.PHONY: playbooks
playbooks: install-dev ## Checks the playbooks
	$(BIN)/keepwarm check
	$(BIN)/keepwarm fmt --check

.PHONY: fix
fix: install-dev ## Mends what of the form can be mended by itself
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: coverage
coverage: install-dev ## Says which lines no test reaches
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

.PHONY: bench
bench: install-dev ## Measures: runs each bench/bench_*.py and prints its figures
	@for script in bench/bench_*.py; do \
		echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

.PHONY: lock
lock: $(LOCK_VENV)/bin/uv ## Remakes the lock files from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) --extra build --output-file requirements.lock
	$(COMPILE) --extra build --extra dev --constraints requirements.lock \
		--output-file requirements-dev.lock
	@for lock in requirements requirements-dev; do { \
		echo "# Every package, pinned and hashed, for Python 3.11 to 3.13 on Linux and macOS."; \
		echo "# Made from pyproject.toml by: make lock"; cat $$lock.lock; } > $$lock.new \
		&& mv $$lock.new $$lock.lock; done
	@for python in 3.11 3.12 3.13; do for machine in \
		x86_64-manylinux_2_28 aarch64-manylinux_2_28 x86_64-apple-darwin aarch64-apple-darwin; do \
		echo "Looking for a wheel of every package: Python $$python on $$machine"; \
		$(LOCK_VENV)/bin/uv pip install --no-config --quiet --dry-run --no-deps --no-build \
		--require-hashes --python-version $$python --python-platform $$machine \
		--target $(LOCK_VENV)/none -r requirements-dev.lock || exit 1; done; done

.PHONY: sbom
sbom: $(AUDIT_VENV)/.tools ## Writes sbom.json: the packages of requirements.lock with their hashes (CycloneDX)
	@$(AUDIT_VENV)/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml \
		--short-PURLs --output-reproducible --of JSON --output-file sbom.json requirements.lock
	@echo "sbom.json is written."

# Never in CI: it asks a service that a closed network does not reach, and then it must fail.
.PHONY: audit
audit: $(AUDIT_VENV)/.tools ## Asks whether a package of requirements.lock has a known vulnerability (network)
	@$(AUDIT_VENV)/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes \
		--strict --progress-spinner off || { \
	echo "This is no pass. Either a vulnerability is listed above, or the service that knows of them"; \
	echo "could not be asked about the package named there: then nothing was audited; try again where"; \
	echo "the package index itself is reached, not a mirror of it."; exit 1; } >&2

# ── What the targets above stand on ──────────────────────────────────────────────────────────
# A stamp is older than its lock when the lock has changed since; then pip runs again.

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Keepwarm needs Python 3.11 or newer, and $(if $(PYTHON),$(PYTHON) is not,none is on the path)."; \
	echo "Install one, or say where it is: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; } >&2
	@"$(PYTHON)" -m venv --clear $(VENV) || { \
	echo "Python could not make .venv. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; } >&2

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing the packages of requirements.lock into .venv (about a minute, once)"
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing the packages of requirements-dev.lock into .venv (about a minute, once)"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

# Editable, and with the build tool that the lock brought: nothing more is fetched.
$(VENV)/.keepwarm: pyproject.toml | $(BIN)/python
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(AUDIT_VENV)/.tools: Makefile | $(BIN)/python
	@$(BIN)/python -m venv --clear $(AUDIT_VENV)
	@$(AUDIT_VENV)/bin/python -m pip --disable-pip-version-check install -qq $(AUDIT_TOOLS)
	@touch $@

$(LOCK_VENV)/bin/uv: Makefile | $(BIN)/python
	@$(BIN)/python -m venv --clear $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python -m pip --disable-pip-version-check install -qq uv==$(UV_VERSION)
	@touch $@
