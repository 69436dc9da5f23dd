# Every target makes .venv and installs by itself; bare Python 3.11 is enough. `make test PYTHON=python3.13` tests another
# version, in .venv-3.13.
PYTHON ?= python3.11
VENV := .venv$(patsubst python%,-%,$(filter-out python3.11,$(notdir $(PYTHON))))
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The public data sets, where a folder beside the project holds them; users' copies download instead.
ifneq ($(wildcard ../shared/data),)
export TAGKIT_DATA ?= $(abspath ../shared/data)
endif

.PHONY: help compare test browser-test fuzz lint audit docs figures notebooks benchmarks clean

# mkdocs-material prints an advertisement unless it is told not to.
export NO_MKDOCS_2_WARNING := 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $(STAMP)

# What lets `make compare` end within some ten minutes on two cores without bf16: fewer epochs (the defaults are 12, 6, 15,
# 15 and 40), for which smaller batches and no averaging of weights do better; words instead of pieces of words in `sequence`;
# and a zero-shot generator that reads the beginning of a text. The settings of training were chosen on dev, those of the
# generator save time. The encoder of the ensemble is that of the table and is not trained again. `distil` shows there what
# a student without a network learns.
QUICK := --set encoder.epochs=1 --set seq2seq.epochs=1 \
	--set sequence.epochs=1 --set sequence.batch_size=8 --set sequence.average=0 --set sequence.level=word \
	--set span.epochs=1 --set span.batch_size=8 --set span.average=0 \
	--set bilstm_crf.epochs=5 --set bilstm_crf.batch_size=16 --set bilstm_crf.learning_rate=0.01 \
	--set 'ensemble.taggers=[["encoder", {"epochs": 1}], "semantic", "linear", "lexicon"]' \
	--set distil.teacher=hybrid --set distil.student=linear \
	--set generator.mode=prompted --set generator.tokens=16 --set generator.window=32 --set generator.tag_precision=auto

compare: $(STAMP) ## Compare every strategy on the embedded catalogue: leaderboard, plots, MLflow run
	$(BIN)/tagkit compare --data catalogue $(QUICK)

# One process per core, up to four, each with whole files.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile

test: $(STAMP) ## Run the tests and the notebooks, and build the documentation
	$(BIN)/python -m pytest tests $(PARALLEL)
	TAGKIT_SMALL=1 $(BIN)/python -m pytest --nbval notebooks
	$(BIN)/mkdocs build

browser-test: $(STAMP) ## Review tags in JupyterLab and Chromium, which is installed by apt if there is none
	.ci/chromium
	$(BIN)/python -m pytest tests/browser -m browser --durations 5

fuzz: $(STAMP) ## Try 2,000 arbitrary inputs on every strategy, reader, measure and refinement, and record the figures
	TAGKIT_FUZZ=$${TAGKIT_FUZZ:-2000} $(BIN)/python -m pytest tests -m fuzz

lint: $(STAMP) ## Check style, types, layers of imports, dead code and security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/dead_code.py
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive tagkit

audit: $(STAMP) ## Look up known vulnerabilities of all pinned packages (needs a network)
	$(BIN)/pip-audit --strict --progress-spinner off --no-deps --disable-pip --requirement constraints.txt

docs: $(STAMP) ## Build the documentation into build/site
	$(BIN)/mkdocs build

figures: $(STAMP) ## Bring the tables of README and documentation up to date with the stored results
	$(BIN)/python docs/generate/figures.py

notebooks: $(STAMP) ## Run the notebooks anew and keep their outputs
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb

benchmarks: $(STAMP) ## Time measures, dictionary, training, tagging and vector indexes
	$(BIN)/python benchmarks/measures.py
	$(BIN)/python benchmarks/lexicon.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/tagging.py
	$(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/index.py
	$(BIN)/python benchmarks/gpu.py

clean: ## Remove what the other targets made
	rm -rf .venv .venv-* build dist runs .pytest_cache .ruff_cache .mypy_cache mlruns/mlflow.db mlruns/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
