# The first command works in a fresh clone: each target sets up what it needs (scripts/setup.sh says what it fetches).
PY := .venv/bin/python
KALLSKYDD := .venv/bin/kallskydd
HOME_DIR ?= var
# Further arguments for the command behind a target, e.g.  make run ARGS="--tor-network DIR"
ARGS ?=
PACKAGES := trusted second_reader onion scrubbers cases intake desk relay audit kallskydd
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: setup setup-test setup-bench run demo serve test check-all test-fast desk lint fix bench rehearsal rehearsal-host corpus soak fuzz audit dist install install-relay upgrade

setup:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test

setup-bench:
	@scripts/setup.sh bench

# The whole service on this computer alone, over a private Tor network: nothing outside is reached, and nothing is kept.
run demo: setup
	@exec $(KALLSKYDD) demo $(ARGS)

# Publishes on the public Tor network, and asks before. A TRIAL home is made if there is none.
serve: setup
	@test -e $(HOME_DIR)/config.toml || $(KALLSKYDD) init --home $(HOME_DIR) --trial
	@exec $(KALLSKYDD) serve --home $(HOME_DIR) $(ARGS)

test: setup-test
	@scripts/test.sh $(ARGS)

# Before a release: `make test`, and all that searches (scripts/check_all.py has the list). docs/last-check.json says what came
# of each part, and on which commit. As root, some six hours on two idle cores. ARGS="--only fuzz": this part
check-all: setup-test
	@$(PY) scripts/check_all.py $(ARGS)

# What needs no tor, browser or strace and is quick: for every change, before the whole.
test-fast: setup
	@scripts/test_fast.sh $(ARGS)

# The members' application, e.g.  make desk ARGS="list --json"
desk: setup
	@exec $(KALLSKYDD) desk $(ARGS)

lint: setup
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache

fix: setup
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

# All benchmarks in one run, ours and the peers, which this installs, in turn: cleaning, pages, reports, growth, memory: some
# seven minutes. ARGS="--publish" (writes docs/BENCHMARKS.md), "--out FILE", "--only PDF", "--check" (1: a target missed)
bench: setup-bench
	@$(PY) benchmarks/run.py $(ARGS)

# The pages of docs/operating, acted on a Debian that systemd-nspawn boots: the first day until "Ready to open.", then the bad
# days. As root; the first time two minutes more, for the system. ARGS="--first-day", "--put-back hidden": is it found?
rehearsal: setup
	@scripts/setup.sh rehearsal
	@$(PY) tests/support/rehearsal/rehearse.py $(ARGS)

# The same of a host with two tenants: audits, alarms, backups, rings, the look from outside, removal.
rehearsal-host: setup
	@scripts/setup.sh rehearsal
	@$(PY) tests/support/rehearsal/rehearse_host.py

# Other people's files from source packages through the jail: fetched by name and hash, some 550 MB (107 of them from
# Debian 13's source packages), half an hour; and what Chromium prints and LibreOffice exports (fetched with ffmpeg from
# Debian, some 150 MB), twenty documents of each. E-mails, recordings, films and office documents follow.
# Then some 210 pairs of our own documents that look the same: their clean copies must be equal, byte for byte, but for
# those that are known to come through (REMAINS in tests/support/documents/second_pairs.py).
corpus: setup-test
	@scripts/setup.sh corpus
	@$(PY) benchmarks/second_corpus.py $(ARGS)
	@$(PY) benchmarks/pdf_pairs.py
	@$(PY) benchmarks/evidence/outside_recordings.py
	@$(PY) benchmarks/evidence/outside_documents.py

# Coverage-guided fuzzing of everything that reads hostile bytes: two minutes, or ARGS="--seconds 3600 --only scrub_tiff"
fuzz: setup-test
	@$(PY) tests/support/fuzzing/run.py $(ARGS)

# The release of the commit that is checked out: our wheel, the same bytes on every computer, and the MANIFEST of all that
# `make install` puts into service with this Python. OUT=FOLDER
dist: setup
	@"$$(readlink -f $(PY))" -I -S scripts/make_dist.py $(or $(OUT),dist)

upgrade: setup
	@scripts/upgrade.sh

# As root: program, accounts and units, on a server with systemd. DESTDIR=DIR puts the files below DIR and does no more.
install:
	@scripts/setup.sh server
	@scripts/install.sh

# As root, on a bare host: the clearnet mirror. No set-up comes first: it needs the system's Python and tor, nothing else.
install-relay:
	@scripts/install_relay.sh

# The canary three times in a row, and then the proof of it: every planted fault of audit/faults, some hundred and forty, each of
# which it must find by its own evidence. An hour on two cores; some four with ARGS=--alone, which gives each a copy of its own.
audit: setup-test
	@for run in 1 2 3; do $(KALLSKYDD) audit canary || exit; done
	@$(KALLSKYDD) audit selftest $(ARGS)

# A day's requests and reports in a short time, and 200 submissions with a kill in each: is anything lost, does memory
# grow. Under an hour on two cores with nothing else. ARGS="--requests 5000 --reports 250 --kills 12", "--out FILE"
soak: setup-test
	@$(PY) benchmarks/soak.py $(ARGS)
