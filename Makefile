# The two commands of the README are `make integration` and `make test`; both set everything up.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=
REPORT ?=
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install integration noop smoke test lint audit dist publish docs nightly cloud bench clean

install: $(INSTALLED)  ## the virtual environment alone

integration: $(INSTALLED)  ## put a replicator through the conformance suite (ARGS='--replicator ...')
	$(BIN)/pytest -m integration -n $(JOBS) $(if $(REPORT),--report-dir $(REPORT)) $(ARGS)

test: $(INSTALLED)  ## the project's own tests
	$(BIN)/pytest -n $(JOBS) $(ARGS)

lint: $(INSTALLED)  ## format, lint, strict types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	bash .ci/lint-workflows

audit: $(INSTALLED)  ## known holes in what we depend on: Python, Rust, actions
	bash .ci/audit

dist: $(INSTALLED)  ## the wheel, as it is published, with its digest
	$(BIN)/python -m build --no-isolation --wheel --outdir dist
	$(BIN)/twine check --strict dist/*.whl
	cd dist && for wheel in *.whl; do sha256sum "$$wheel" >"$$wheel.sha256"; done

publish: $(INSTALLED)  ## the wheel in dist/ to PyPI; only the release workflow is trusted there
	TWINE=$(abspath $(BIN))/twine bash .ci/publish dist

docs: $(INSTALLED)  ## the site from docs/, strict, links checked
	$(BIN)/python .ci/site.py
	$(BIN)/zensical build --strict

nightly: $(INSTALLED)  ## what takes longer than CI allows; writes docs/nightly.md
	$(BIN)/python -m benchmarks.nightly

cloud: $(INSTALLED)  ## the whole service on this machine: applied, used, judged, torn down
	$(BIN)/python -m benchmarks.cloud $(ARGS)

noop: $(INSTALLED)  ## a tool that does nothing must be SILENT_WRONG wherever FAITHFUL is expected
	bash .ci/noop $(or $(REPORT),.assay/noop)

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
