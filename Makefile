# A plain front to CMake: `make`, `make check`, `make install PREFIX=/usr/local`.
BUILD ?= build
PREFIX ?= /usr/local
TYPE ?= RelWithDebInfo
CONFIGURE ?=
GENERATOR := $(shell command -v ninja >/dev/null 2>&1 && echo -G Ninja)

all: $(BUILD)/CMakeCache.txt
	cmake --build $(BUILD) --parallel

$(BUILD)/CMakeCache.txt:
	cmake -S . -B $(BUILD) $(GENERATOR) -DCMAKE_BUILD_TYPE=$(TYPE) -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CONFIGURE)

check: all
	ctest --test-dir $(BUILD) --output-on-failure

install: all
	cmake --install $(BUILD) --prefix $(DESTDIR)$(PREFIX)

clean:
	rm -rf $(BUILD)

.PHONY: all check install clean
