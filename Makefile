# SPDX-License-Identifier: Apache-2.0
# Short names for what people do; CMake does the work.  Each target first installs what it lacks
# (scripts/bootstrap.sh; LINNET_BOOTSTRAP=no leaves that out).
#
#   make demo    build, classify an image, measure
#   make test    the tests
#   make docs    docs/ops.md, from the op table
#   make bench   time the models at hand
#   make bench-peers  the same against other runtimes, from PyPI (MODELS=PATH... ROUNDS=3)
#   make asan    the tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   make cross   the same tests for AArch64, under qemu-user
#   make armv7   the library and what needs nothing else, for 32-bit ARM, likewise
#   make wasm    the same for WebAssembly, by Emscripten, under Node
#   make dist    tarballs and Debian packages, in dist/ (scripts/dist.sh)
#   make fuzz    mutated models under the sanitizers (MUTANTS=100000)

BUILD ?= build
MUTANTS ?= 100000
MODELS ?= ../shared/models/gen ../shared/models/zoo
ROUNDS ?= 3
DIGITS = examples/digits
CTEST = ctest -j$(shell getconf _NPROCESSORS_ONLN) --output-on-failure --no-tests=error
LAUNCHER = $(if $(shell command -v ccache),-DCMAKE_C_COMPILER_LAUNCHER=ccache)
ifneq ($(LINNET_BOOTSTRAP),no)
BOOTSTRAP = scripts/bootstrap.sh
else
BOOTSTRAP = @true
endif
# CMAKE_ARGS: more options for CMake, as in -DLINNET_WERROR=ON
CONFIGURE = cmake -S . -G Ninja $(LAUNCHER) $(CMAKE_ARGS) -B

all:
	$(BOOTSTRAP) build
	$(CONFIGURE) $(BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD)

demo:
	$(BOOTSTRAP) build
	$(CONFIGURE) $(BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) --target linnet_tool
	$(BUILD)/linnet run $(DIGITS)/digits_int8.tflite --image $(DIGITS)/digit7.png \
	    --std 255 --labels $(DIGITS)/labels.txt --top 3
	$(BUILD)/linnet bench $(DIGITS)/digits_int8.tflite

test:
	$(BOOTSTRAP) test
	$(CONFIGURE) $(BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD)
	cd $(BUILD) && $(CTEST)

docs: all
	scripts/ops_doc.sh $(BUILD)

bench: all
	bench/models.sh $(BUILD)/linnet

bench-peers: all
	bench/peers/run.py --library $(BUILD)/liblinnet.so --rounds $(ROUNDS) $(MODELS)

asan:
	$(BOOTSTRAP) test
	$(CONFIGURE) $(BUILD)-asan -DLINNET_SANITIZE=address,undefined
	cmake --build $(BUILD)-asan
	cd $(BUILD)-asan && $(CTEST)

cross:
	$(BOOTSTRAP) cross
	$(CONFIGURE) $(BUILD)-aarch64 -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake
	cmake --build $(BUILD)-aarch64
	cd $(BUILD)-aarch64 && $(CTEST)

armv7:
	$(BOOTSTRAP) armv7
	$(CONFIGURE) $(BUILD)-armv7 -DCMAKE_TOOLCHAIN_FILE=cmake/arm-linux-gnueabihf.cmake \
	    -DLINNET_TOOLS=OFF -DLINNET_TASK=OFF
	cmake --build $(BUILD)-armv7
	cd $(BUILD)-armv7 && $(CTEST)

# Debian's Emscripten needs modules of Debian's Node, which may not be the one that is found first.
wasm: export NODE_PATH = /usr/share/nodejs
wasm:
	$(BOOTSTRAP) wasm
	emcmake $(CONFIGURE) $(BUILD)-wasm
	cmake --build $(BUILD)-wasm
	cd $(BUILD)-wasm && $(CTEST)

fuzz:
	$(BOOTSTRAP) fuzz
	$(CONFIGURE) $(BUILD)-fuzz -DCMAKE_C_COMPILER=clang -DLINNET_FUZZ=ON \
	    -DLINNET_SANITIZE=address,undefined -DLINNET_TESTS=OFF -DLINNET_TOOLS=OFF
	cmake --build $(BUILD)-fuzz
	scripts/fuzz.sh $(BUILD)-fuzz $(MUTANTS)

dist:
	$(BOOTSTRAP) build
	scripts/dist.sh

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-aarch64 $(BUILD)-fuzz

.PHONY: all demo test docs bench asan cross fuzz dist clean
