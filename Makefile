# The two commands of the README are `make integration` and `make test`; both set everything up.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: integration smoke test lint nightly cloud bench clean

integration: $(INSTALLED)  ## put a replicator through the conformance suite (ARGS='--replicator ...')
	$(BIN)/pytest -m integration -n $(JOBS) $(ARGS)

test: $(INSTALLED)  ## the project's own tests
	$(BIN)/pytest -n $(JOBS) $(ARGS)

lint: $(INSTALLED)  ## format, lint, strict types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

nightly: $(INSTALLED)  ## what takes longer than CI allows; writes docs/nightly.md
	$(BIN)/python -m benchmarks.nightly

cloud: $(INSTALLED)  ## the whole service on this machine: applied, used, judged, torn down
	$(BIN)/python -m benchmarks.cloud $(ARGS)

smoke: $(INSTALLED)  ## deploy to the local cloud, put the endpoint through the smoke suite
	$(BIN)/pytest smoke --environment local --deploy $(ARGS)

bench: $(INSTALLED)  ## cost of server pairs and leases, beside others
	$(BIN)/python -m benchmarks.provisioning

clean:  ## remove the virtual environment and stored runs
	rm -rf $(VENV) .assay

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@
