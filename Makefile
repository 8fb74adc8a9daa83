# Two commands: `make run` (set up and start) and `make test`.
PY := .venv/bin/python
BASE_PYTHON ?= python3

.PHONY: setup dev run test lab lint clean

setup: .venv/.ready
dev: .venv/.ready-dev

.venv/.ready: requirements.txt
	$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更高版本（Debian/Ubuntu：apt install python3 python3-venv）")'
	test -x $(PY) || $(BASE_PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

run: setup
	@$(PY) -m core run

test: dev
	$(PY) -m pytest -n auto --dist loadgroup

lab: dev
	@$(PY) -m tests.lab

lint: dev
	$(PY) -m ruff check .

clean:
	rm -rf .venv .pytest_cache .ruff_cache
