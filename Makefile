# make run        set up what is missing, then open the terminal UI on the simulated kitchen (ARGS="--headless" …)
# make test       the tests that need no GPU and no microphone, within minutes (ARGS="-k stop" …)
# make test-all   the slow ones too
# make test-speech  what needs a microphone, on a virtual one (PulseAudio, espeak-ng)
# make fuzz       a million broken messages against each socket (FUZZ_MESSAGES=100000 for fewer, ARGS="--sockets link")
# make fuzz-atheris  the decoder under coverage-guided fuzzing (ATHERIS_RUNS=100000; needs the extra `fuzz`)
# make soak       kill -9 and cut lines for SOAK_MINUTES=20, on the whole running system; each bar is told as met or MISSED
# make kills      hundreds of kill -9 in the middle of conversations: nothing that was answered may be lost
# make lint       ruff and mypy
# make clean      remove what tests and builds left behind; .venv stays
#
# The first call makes .venv and installs into it; later calls see from the stamps in it that nothing is missing.

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
SYSTEM := $(VENV)/.system
RUN    := $(VENV)/.runtime
DEV    := $(VENV)/.dev
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -q
ARGS   ?=
FUZZ_MESSAGES ?= 1000000
ATHERIS_RUNS ?= 1000000
SOAK_MINUTES ?= 20

ifeq ($(shell uname -s),Linux)
export MUJOCO_GL ?= egl
endif

SPEECH := $(VENV)/.speech

.PHONY: run test test-all test-speech fuzz fuzz-atheris soak kills lint clean setup
.DEFAULT_GOAL := run

run: $(RUN) $(SYSTEM)
	@$(BIN)/coach run $(ARGS)

test: $(DEV) $(SYSTEM)
	$(PYTEST) -m "not slow and not gpu and not microphone" $(ARGS)

test-all: $(DEV) $(SYSTEM)
	$(PYTEST) -m "not gpu and not microphone" $(ARGS)

test-speech: $(DEV) $(SYSTEM) $(SPEECH)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m microphone $(ARGS)

fuzz: $(DEV)
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/campaign.py --messages $(FUZZ_MESSAGES) --out tests/results/fuzz.json $(ARGS)

fuzz-atheris: $(DEV)
	@$(PIP) install --quiet --editable '.[fuzz]'
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/atheris_codec.py -runs=$(ATHERIS_RUNS) $(ARGS)

soak: $(DEV) $(SYSTEM)
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/soak.py --minutes $(SOAK_MINUTES) --out tests/results/soak.json $(ARGS)

kills: $(DEV)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow tests/coach/test_kills.py $(ARGS)

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

setup: $(DEV) $(SYSTEM)

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist snapshot_report.html
	find coach robot_bridge policy memory prompts tests -name __pycache__ -type d -exec rm -rf {} +

$(VENV)/.venv:
	@.ci/make-venv $(VENV)
	@touch $@

# torch comes first and pinned, so that pip takes a CPU build where one is at hand.
$(RUN): pyproject.toml $(VENV)/.venv
	@echo "installing robot-coach and what it needs (a few minutes the first time)"
	@$(PIP) install --quiet "$$(grep -o 'torch==[0-9.]*' pyproject.toml | head -n 1)"
	@$(PIP) install --quiet --editable .
	@touch $@

$(DEV): $(RUN)
	@echo "installing what the tests need"
	@$(PIP) install --quiet --editable '.[dev]'
	@touch $@

$(SPEECH): $(VENV)/.venv
	@if .ci/system-packages speech; then touch $@; fi

# No stamp while something is missing: the hint is then printed at every call.
$(SYSTEM): $(VENV)/.venv
	@if .ci/system-packages; then touch $@; fi
