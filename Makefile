# Two commands: `make demo` shows what Smena does, `make test` proves that it works here.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN = .venv/bin

.PHONY: demo test test-slow lint check clean

demo: .venv/installed
	$(BIN)/smena run --env arc --config examples/demo.toml

test: .venv/installed-dev
	$(BIN)/pytest -n 2 -m "not slow"

test-slow: .venv/installed-dev
	$(BIN)/pytest -n 2 --dist loadfile -m slow

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test test-slow

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --editable ".[dev,alfworld,docker,docs,frames,inspect,judge,llm,otel,postgres,swebench,verifiers]"
	@# The engine of ALFWorld may have to be compiled: where it cannot be, its tests are skipped, unless all is wanted.
	$(BIN)/pip install --quiet --editable ".[alfworld]" || { [ -z "$$SMENA_REQUIRE_REAL" ] && \
	  echo "extra alfworld is left out (it needs cmake and g++)"; }
	@touch $@

clean:
	rm -rf .venv
