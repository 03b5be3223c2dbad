# `make help` lists everything. Every target installs what it needs; nothing but python3 and make has to be there.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check fmt bench web docs demo

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install into .venv (gives .venv/bin/opencec)
	@scripts/setup

setup-dev:
	@scripts/setup --dev

web: ## Build the web pages, if their sources changed
	@scripts/web

run: ## Install, build, and start everything with the demo tenant
	@$(MAKE) --no-print-directory --jobs=2 setup web
	@exec .venv/bin/opencec serve --demo

demo: run ## The same as run

test: ## Install what the tests need and run all levels (some: make test LEVELS="unit store")
	@$(MAKE) --no-print-directory --jobs=2 setup-dev web
	@scripts/test-deps
	@scripts/test $(LEVELS)

check: setup-dev ## Format, lint, types, layers, file lengths, front-end: under 30 s
	@scripts/check

fmt: setup-dev ## Format everything
	@.venv/bin/ruff check --fix --quiet src tests bench scripts || true
	@.venv/bin/ruff format --quiet src tests bench scripts
	@scripts/web --packages && PATH="$$(scripts/node-path):$$PATH" npm --prefix web run --silent fix

bench: setup-dev web ## Measure, print tables, write bench/results/*.json
	@scripts/test-deps
	@scripts/bench

docs: setup-dev ## Generate the reference pages from the code
	@scripts/docs
