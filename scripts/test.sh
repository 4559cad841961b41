#!/bin/sh
# Runs every test, in two processes side by side: those on the private Tor network, which mostly wait for tor, with
# those in browsers, the planted faults and the mirror's after them, and the rest. With arguments: one process, as pytest takes them.
#
# Real tor and real browsers have chance in them. Tests marked live that failed in one or two files are therefore run
# once more, alone, after everything else (docs/decisions/checks/0011, scripts/run_again.py).
set -u
cd "$(dirname "$0")/.." || exit
python=.venv/bin/python
if [ $# -gt 0 ]; then exec $python -m pytest -q "$@"; fi

on_tor="$(echo tests/onion/test_onion_*.py) tests/system/test_flow.py tests/system/test_keeper_onion.py tests/system/test_desk_reach.py"
on_tor="$on_tor tests/system/test_desk_probe_tor.py $(echo tests/relay/test_*.py)"
on_tor="$on_tor tests/system/test_browser_tor.py $(echo tests/system/test_browser_*.py | sed 's#tests/system/test_browser_tor.py##') tests/system/test_pages_valid.py"
# They mostly wait for strace, for a service or for an authority, and the two processes then take the same time.
on_tor="$on_tor tests/audit/canary/test_audit_selftest.py $(echo tests/audit/live/test_audit_live*.py) tests/system/test_mirror_end_to_end.py"
on_tor="$on_tor tests/system/test_large_upload.py $(echo tests/system/faults/test_*.py) tests/system/test_exhaustion.py tests/system/test_mirror_certificate.py"
on_tor="$on_tor tests/system/test_serve.py tests/system/test_cluster.py $(echo tests/audit/mirror/test_*.py tests/kallskydd/mirror/test_*.py)"
others=
for file in $on_tor; do others="$others --ignore=$file"; done
# Each has its own folder for temporary files, or the second to start would tidy away the first one's.
work=$(mktemp -d)
output=$work/on-tor.txt
tor_tests=
trap 'rm -rf "$work"' EXIT
trap 'if [ -n "$tor_tests" ]; then kill -INT "$tor_tests"; wait "$tor_tests"; fi; exit 130' INT TERM
echo "Two processes side by side. Lines that begin with [tor] are of the tests on the private Tor network and in browsers."
# One line a test as it ends, among the dots of the others: a minute without output looks like tests that hang.
mkfifo "$work/lines"
tee "$output" <"$work/lines" | sed -u -n 's/^tests\/\(.*\)$/[tor] \1/p' &
# shellcheck disable=SC2086  # lists of files, meant to be split
KALLSKYDD_OUTCOME="$work/on-tor.json" $python -m pytest -v --no-header -p no:cacheprovider --basetemp="$work/a" $on_tor >"$work/lines" 2>&1 &
tor_tests=$!
# shellcheck disable=SC2086
KALLSKYDD_OUTCOME="$work/others.json" $python -m pytest -q -p no:cacheprovider --basetemp="$work/b" $others
code=$?
wait "$tor_tests"
tor_code=$?
tor_tests=
wait
echo
echo "Tests on the private Tor network and in browsers:"
# What has been said line by line is not said again.
grep -v '^tests/.*::.* PASSED' "$output"

$python scripts/run_again.py "$work" "$code" "$work/others.json" "$tor_code" "$work/on-tor.json"
