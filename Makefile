# Scopeless' front door. `make` alone says what there is; set-up happens by itself, once.

VENV := .venv
PY := $(VENV)/bin/python
SCOPELESS := $(PY) -m scopeless
BOARDS := $(sort $(notdir $(basename $(wildcard sim/scopeless/boards/*.toml))))
NATIVE := $(wildcard sim/native/*/*.c sim/native/*/*.h)
PIP := env PYTHONWARNINGS=ignore $(PY) -m pip install -q -c requirements.lock
PYTEST_ARGS ?= -n auto
ROBOT_PACKAGE := $(if $(ROBOT),build/robotframework-$(ROBOT))

# A clone that was moved still finds its own sources.
export PYTHONPATH := $(CURDIR)/sim:$(CURDIR)/analysis
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help sim run boards matrix compare analyze sweep firmware check doctor robot test lint bench reliability figures setup lock clean distclean

help: ## this list
	@echo 'Scopeless runs microcontroller benchmarks without hardware and without an oscilloscope.'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo 'Boards: $(BOARDS)'

sim: need-board $(VENV)/.ready ## BOARD=stm32f103 [CLOCK=MHz] [ENGINE=...] [LIBM=...] [MODEL=...] [ARGS="..."]: run a board
	@$(SCOPELESS) sim $(BOARD) $(if $(CLOCK),--clock $(CLOCK)) $(if $(ENGINE),--engine $(ENGINE)) \
	    $(if $(LIBM),--libm $(LIBM)) $(if $(MODEL),--model $(MODEL)) $(ARGS)

.PHONY: renode-sim renode-check
renode-sim: ENGINE := renode
renode-sim: override ARGS += --timing
renode-sim: sim # BOARD=stm32f103 [CLOCK=MHz] ...: run a board under Renode (docs/renode.md)

renode-check: $(VENV)/.ready # the Renode platforms against the boards, without Renode
	@$(SCOPELESS) renode-check

.PHONY: need-board
need-board:
	@[ -n '$(BOARD)' ] || { echo 'scopeless: say which board: make sim BOARD=..., one of: $(BOARDS).' >&2; exit 2; }

matrix: $(VENV)/.ready ## every board at every clock, in parallel; records go to build/matrix
	@$(SCOPELESS) matrix $(ARGS)

compare: $(VENV)/.ready ## every recorded figure beside the emulated time
	@$(SCOPELESS) compare $(ARGS)

analyze: $(VENV)/.ready ## the report: report/index.html (ARGS="--records build/matrix" takes the last run's records)
	@$(SCOPELESS) analyze $(ARGS)

check: $(VENV)/.ready ## guard cycle counts against baselines/ (ARGS=--update accepts what is measured)
	@$(SCOPELESS) check $(ARGS)

run: need-board $(VENV)/.ready ## BOARD=stm32f103 ELF=firmware.elf [ARGS="--for 10ms --pin PB12"]: run any firmware (docs/run.md)
	@[ -n '$(ELF)' ] || { echo 'scopeless: say which firmware: make run BOARD=$(BOARD) ELF=..., an ELF, HEX or BIN file.' >&2; exit 2; }
	@$(SCOPELESS) run $(BOARD) $(ELF) $(if $(ENGINE),--engine $(ENGINE)) $(ARGS)

sweep: need-board $(VENV)/.ready ## BOARD=stm32f103 ARGS="--wait-states 0..2 --opt all --float no,yes": what if
	@$(SCOPELESS) sweep $(BOARD) $(if $(CLOCK),--clock $(CLOCK)) $(if $(ENGINE),--engine $(ENGINE)) \
	    $(if $(LIBM),--libm $(LIBM)) $(if $(MODEL),--model $(MODEL)) $(ARGS)

firmware: $(VENV)/.ready ## build the firmware of every board
	@$(MAKE) --no-print-directory -C firmware all
	@$(MAKE) --no-print-directory -C firmware/vendor all

doctor: ## what is installed, what is missing, and how to get it
	@if [ -x $(PY) ]; then $(SCOPELESS) doctor; else $(find-python); PYTHONPATH=sim:analysis $$python -m scopeless doctor; fi

robot: $(VENV)/.dev $(ROBOT_PACKAGE) ## [BOARD=...] [CLOCK=MHz] [ENGINE=...] [ELF=...] [ROBOT=6.1.1]: the Robot Framework suites
	@PYTHONPATH=$(if $(ROBOT_PACKAGE),$(abspath $(ROBOT_PACKAGE)):)$$PYTHONPATH $(PY) robot/run.py $(BOARD) \
	    $(if $(CLOCK),--clock $(CLOCK)) $(if $(ENGINE),--engine $(ENGINE)) $(if $(ELF),--elf $(ELF)) $(ARGS)

# Another version of Robot Framework than requirements.lock has, beside it.
build/robotframework-%: | $(VENV)/.ready
	@$(PY) -m pip install -q --no-deps --target $@.tmp robotframework==$* && mv $@.tmp $@

test: lint ## linters, types and all tests
	@$(PY) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## ruff, mypy, the Renode platforms' checker
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(SCOPELESS) renode-check

bench: $(VENV)/.ready ## speed of the engines beside their peers
	@missed=0; for script in benchmarks/*_speed.py; do $(PY) $$script || missed=1; done; exit $$missed

reliability: $(VENV)/.ready ## [RUN="mutants 10000"]: damaged firmware, runs repeated and ended, hours of simulated time
ifdef RUN
	@PYTHONPATH=$$PYTHONPATH:tests $(PY) -m reliability.$(RUN)
else
	@for run in mutants parsers repeats hours endings; do $(MAKE) -s --no-print-directory $@ RUN=$$run || exit; done
endif

figures: $(VENV)/.ready ## renew README's figures and picture, and the outputs in docs/notebook.ipynb
	@$(PY) scripts/figures.py
	@$(PY) scripts/notebook.py

setup: ## set up again what is missing
	@rm -f $(VENV)/.packages $(VENV)/.ready
	@$(MAKE) --no-print-directory $(VENV)/.ready

lock: $(VENV)/.ready ## renew requirements.lock with the newest versions
	@rm -rf build/lock && $(PY) -m venv build/lock && build/lock/bin/pip install -q -U setuptools '.[dev,parquet]'
	@{ echo '# Versions that CI and `make` install; renew with `make lock`.'; \
	    build/lock/bin/pip freeze --all --exclude pip --exclude scopeless; } > build/requirements.lock
	@mv build/requirements.lock requirements.lock

clean: ## remove everything built
	@rm -rf build report *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis sim/scopeless/*.so $(VENV)/.native $(VENV)/.ready
	@find sim analysis robot tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the virtual environment too
	@rm -rf $(VENV)

# --- Set-up: Debian packages, virtual environment, native libraries. Each step leaves a stamp and is done once, by one
# make at a time. ---

SETUP := scripts/install_packages.py sim/scopeless/tools.py pyproject.toml requirements.lock setup.py $(NATIVE)
LOCK = $(if $(shell command -v flock),flock $(VENV)/.lock)

$(VENV)/.ready: $(SETUP)
	@mkdir -p $(VENV) && $(LOCK) $(MAKE) -s --no-print-directory $(VENV)/.native
	@touch $@

$(VENV)/.dev: $(VENV)/.ready
	@$(LOCK) $(PIP) --no-build-isolation -e '.[dev]'
	@touch $@

define find-python
python=; for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
    if command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
        python=$$p; break; fi; done; \
if [ -z "$$python" ]; then \
    echo 'scopeless: Python 3.11 or newer is needed and not found; on Debian 12 or newer type:' \
         ' sudo apt-get install python3 python3-venv' >&2; exit 2; fi
endef

$(VENV)/.packages: scripts/install_packages.py sim/scopeless/tools.py
	@$(find-python); $$python scripts/install_packages.py $(PACKAGES)
	@touch $@

$(VENV)/.python: pyproject.toml requirements.lock $(VENV)/.packages
	@$(PY) -m pip --version >/dev/null 2>&1 || { $(find-python); echo 'scopeless: making $(VENV) (once)' >&2; $$python -m venv $(VENV); }
	@$(PIP) setuptools && $(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/.native: $(VENV)/.python setup.py $(NATIVE)
	@$(PY) setup.py -q build_ext --inplace
	@touch $@
