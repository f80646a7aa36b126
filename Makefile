.PHONY: run test cover setup stop chaos bench soak lint types
python := .venv/bin/python
# What pytest makes of the tests is kept for the next run, also where the surroundings keep Python from storing anything.
parallel := PYTHONDONTWRITEBYTECODE= $(python) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

run: setup
	@sh config/setup.sh also tesseract-ocr fonts-ocr-b
	@exec $(python) -m config.services run

test: setup lint types
	@sh config/setup.sh also nginx-light tesseract-ocr fonts-ocr-b
	@$(python) manage.py makemigrations --check --dry-run
	@$(parallel)

# Tells which lines no test runs. It takes much longer than `test`, and is no part of it, since it can find nothing wrong.
cover: setup
	@$(parallel) --cov --cov-report=term:skip-covered

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/lint-imports
	@# What it says besides is that an exception was not needed at each of the lines that it stands for.
	@.venv/bin/bandit -q -c pyproject.toml -r accounts config demo kyc reports manage.py 2>/dev/null
	@find templates demo -name '*.html' | xargs .venv/bin/djade --target-version 5.2 --check

types: setup
	@.venv/bin/mypy

chaos: setup
	@$(python) -m pytest -s -m chaos

bench: setup
	@sh config/setup.sh also wrk fonts-ocr-b
	@$(python) -m pytest -s -m bench tests/bench

soak: setup
	@KEYHOLDER_WHOLE=1 KEYHOLDER_SCREENS=1 $(python) -m pytest -m soak

setup:
	@sh config/setup.sh

stop: setup
	@$(python) -m config.services stop
