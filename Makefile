# The verbs of this project; CI calls the same ones. `make help` prints them.
PORT ?= 8000
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON := .venv/bin/python
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export UV_PYTHON_PREFERENCE := only-system

.PHONY: help run train validate test chat evaluate evaluate-safety bench lock clean
.DEFAULT_GOAL := help

help:  ## print these verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-15s %s\n", $$1, $$2}'

run: .venv/ready  ## install, train if anything changed, serve on http://127.0.0.1:8000 (PORT=8123 elsewhere)
	@$(PYTHON) -m bot serve --newest --port $(PORT)

train: .venv/ready  ## train the model if anything it depends on has changed
	@$(PYTHON) -m bot train

validate: .venv/ready  ## say what is wrong with what people edit, and the cure (MODEL=1: also what a model finds odd)
	@$(PYTHON) -m bot desk validate $(if $(MODEL),--model)

chat: .venv/ready  ## talk with the bot in this terminal
	@$(PYTHON) -m bot train && $(PYTHON) -m bot chat

test: .venv/ready  ## the whole test suite, browser included
	@$(PYTHON) -m bot train && $(PYTHON) -m pytest

evaluate: .venv/ready  ## accuracy, refusals and triage on evaluation/, with intervals and a picture
	@$(PYTHON) -m bot train && $(PYTHON) -m evaluation.evaluate

evaluate-safety: .venv/ready  ## misses, false alarms and cost of the red flags on evaluation/safety, with a picture
	@$(PYTHON) -m bot train && $(PYTHON) -m evaluation.evaluate_safety

bench: .venv/ready  ## time and memory beside stock Rasa, in one run (about half an hour, more where stock Rasa trains)
	@$(PYTHON) -m bot train && $(PYTHON) -m benchmarks.bench

lock: .venv/ready  ## pin the requirements anew after a change of pyproject.toml
	@sh requirements/lock.sh $(UV)

clean:  ## remove what was installed, trained and kept
	rm -rf .venv .uv models var .rasa results

.venv/ready: requirements/lock-$(shell uname -s | tr A-Z a-z).txt .python-version requirements/setup.sh
	@sh requirements/setup.sh "$(UV)" requirements/lock-$(shell uname -s | tr A-Z a-z).txt
