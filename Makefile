# The one entry to everything: `make` alone lists the targets.

SETUP := $(CURDIR)/.tarn-setup

# Every call of swift gets the same environment and flags: any difference would compile everything again.
# The run path has to be given here because SwiftPM drops it from DuckDB's pkg-config file.
SWIFT := PKG_CONFIG_PATH="$(SETUP)/lib/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))" swift
SWIFT_FLAGS := -Xlinker -rpath -Xlinker "$(SETUP)/lib"

# Tests find by these what set-up made.
TEST_ENVIRONMENT := TARN_TEST_PYTHON="$(SETUP)/venv/bin/python" TARN_TEST_EXTENSIONS="$(SETUP)/extensions"
SWIFT_TEST := $(SWIFT) test --skip-build --parallel $(SWIFT_FLAGS)
TEST := $(TEST_ENVIRONMENT) scripts/with-postgres.sh env $(SWIFT_TEST)

# Tests that need a real database or another reader of our tables.
SLOW_TESTS := ^(IntegrationTests|InteropTests)\.

# What `make demo` shows: release, or debug to use the build that the tests use.
CONFIGURATION ?= release
DEMO_ROWS ?= 200000
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help setup build release demo test test-unit test-long bench format lint install clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install what building and testing need
	@scripts/setup.sh

build: setup ## compile everything for development, tests included
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)

release: setup ## compile the optimised program
	$(SWIFT) build -c release --product tarn $(SWIFT_FLAGS)

demo: $(if $(filter debug,$(CONFIGURATION)),build,release) ## a shop's database and a lake that follows it (ONCE=1 ends by itself)
	@TARN_BIN="$(CURDIR)/.build/$(CONFIGURATION)/tarn" DEMO_ROWS=$(DEMO_ROWS) ONCE=$(ONCE) scripts/demo.sh

test: build ## all tests, then a small demo
	$(TEST)
	@TARN_BIN="$(CURDIR)/.build/debug/tarn" DEMO_ROWS=2000 ONCE=1 scripts/demo.sh

test-unit: build ## only the tests that need no other program
	$(SWIFT_TEST) --skip '$(SLOW_TESTS)'

test-long: build ## the tests with a real database, at full length
	TARN_TEST_LONG=1 $(TEST) --filter '$(SLOW_TESTS)'

bench: release ## measure against the numbers in bench/
	@scripts/setup.sh bench
	@TARN_BIN="$(CURDIR)/.build/release/tarn" bench/run.sh

format: ## bring all Swift files into the house format
	swift format --in-place --parallel --recursive Sources Tests Package.swift

lint: setup ## check format and scripts
	swift format lint --strict --parallel --recursive Sources Tests Package.swift
	@"$(SETUP)/venv/bin/shellcheck" --external-sources --source-path=SCRIPTDIR $(wildcard scripts/*.sh bench/*.sh) .ci/run
	@"$(SETUP)/venv/bin/python" -m py_compile $(wildcard scripts/*.py bench/*.py)

# Under sudo there may be no compiler on the path, and what it builds would be root's: what is built is taken.
install: $(if $(and $(filter 0,$(shell id -u)),$(wildcard .build/release/tarn)),,release) ## put the program into PREFIX (default /usr/local), below DESTDIR if given
	install -d "$(DESTDIR)$(PREFIX)/lib/tarn" "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/release/tarn "$(DESTDIR)$(PREFIX)/lib/tarn/tarn"
	install -m 755 "$(SETUP)/lib/libduckdb.so" "$(DESTDIR)$(PREFIX)/lib/tarn/libduckdb.so"
	ln -sfn ../lib/tarn/tarn "$(DESTDIR)$(PREFIX)/bin/tarn"

clean: ## remove what was built; what setup made stays
	rm -rf .build
