#!/bin/sh
# Runs every test, in four processes on two cores, since many mostly wait for tor or a browser; a file's tests stay
# together (tests/conftest.py). The long forms of tests, marked search, are for `make check-all` (scripts/check_all.py).
# With arguments: one process, as pytest takes them.
#
# Real tor and real browsers have chance in them. Tests marked live that failed in one or two files are therefore run
# once more, alone, after everything else (docs/decisions/checks/0011, scripts/run_again.py).
set -u
cd "$(dirname "$0")/.." || exit
python=.venv/bin/python
if [ $# -gt 0 ]; then exec $python -m pytest -q "$@"; fi

# Once, and not at each of a thousand starts of our commands.
$python -m compileall -q -j 2 trusted second_reader onion scrubbers cases intake desk relay audit kallskydd
# A short name: unix sockets lie in folders below it, and their paths may not be long.
work=$(mktemp -d /tmp/XXXXXX)
trap 'rm -rf "$work"' EXIT
KALLSKYDD_OUTCOME="$work.json" $python -m pytest -q -p no:cacheprovider -m "not search" -n 4 --max-worker-restart=0 --no-loadscope-reorder --basetemp="$work"
code=$?
$python scripts/run_again.py "$work" "$code" "$work.json"
code=$?
rm -f "$work.json"
exit "$code"
