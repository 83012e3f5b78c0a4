# make demo    sets everything up and plays the two demonstrations (4 minutes)
# make test    sets everything up, checks style and types, runs the tests
# make help    lists the rest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help venv check test demo bench golden proto caffe image clean
.DEFAULT_GOAL := help

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: $(READY) ## the environment in .venv, with all tools on its PATH

$(READY): pyproject.toml constraints.txt $(wildcard tools/*.py)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,tensorboard]'
	@touch $@

check: $(READY) ## style (ruff) and types (mypy --strict)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: check ## style, types, tests; real Caffe's tests run where .ci/real-caffe has installed it
	$(BIN)/python -m pytest $(PYTEST)

demo: $(READY) ## coins and faces: databases, surgery, training, pictures; ends with demo/report.html
	PATH="$(abspath $(BIN)):$$PATH" python data/demo.py

bench: $(READY) ## side by side with what people use today, as ratios
	$(BIN)/python -m tests.bench

golden: $(READY) ## takes tests/golden/*.npz from real Caffe again (needs root and .ci/real-caffe)
	$(BIN)/python tests/golden/take.py

proto: $(READY) ## compiles caffe.proto into caffe.desc
	$(BIN)/python -m grpc_tools.protoc -I pycaffe_ext/proto --descriptor_set_out=pycaffe_ext/proto/caffe.desc caffe.proto

caffe: ## genuine Caffe for the CPU, from source into build/caffe (docs/building.md)
	cmake -B build -DCPU_ONLY=ON $(CMAKE_OPTIONS)
	cmake --build build

image: ## the CPU image, with Docker or buildah (docs/building.md)
	docker/build cpu $(IMAGE_OPTIONS)

clean: ## removes what the other targets made
	rm -rf $(VENV) demo build *.egg-info .mypy_cache .pytest_cache .ruff_cache
