#!/bin/sh
# Runs every test, in four processes side by side on two cores: those on the private Tor network and in browsers, which
# mostly wait; the audit with its planted faults, and the scrubbers; whole services, faults of the computer, the
# project itself and the members' application; and the rest. With arguments: one process, as pytest takes them.
#
# Real tor and real browsers have chance in them. Tests marked live that failed in one or two files are therefore run
# once more, alone, after everything else (docs/decisions/checks/0011, scripts/run_again.py).
set -u
cd "$(dirname "$0")/.." || exit
python=.venv/bin/python
if [ $# -gt 0 ]; then exec $python -m pytest -q "$@"; fi

# One network and one set of collected pages serve them all, so they stay together.
on_tor="$(echo tests/onion/test_onion_*.py) tests/system/test_flow.py tests/system/test_keeper_onion.py tests/system/test_desk_reach.py"
on_tor="$on_tor tests/system/test_desk_probe_tor.py $(echo tests/relay/test_*.py) tests/audit/live/test_audit_live_tor.py"
on_tor="$on_tor tests/system/test_browser_tor.py $(echo tests/system/test_browser_*.py | sed 's#tests/system/test_browser_tor.py##') tests/system/test_pages_valid.py"
on_tor="$on_tor tests/system/test_mirror_end_to_end.py tests/system/test_large_upload.py $(echo tests/audit/mirror/test_*.py)"
audit="$(echo tests/audit/canary/test_*.py tests/audit/live/test_*.py | sed 's#tests/audit/live/test_audit_live_tor.py##') $(echo tests/audit/report/test_*.py)"
audit="$audit tests/scrubbers"
services="tests/system/test_serve.py tests/system/test_cluster.py"
services="$services $(echo tests/kallskydd/mirror/test_*.py tests/system/faults/test_*.py tests/project/test_*.py) tests/desk/web"
others=
for file in $on_tor $audit $services; do others="$others --ignore=$file"; done
# Each has its own folder for temporary files, or the second to start would tidy away the first one's.
work=$(mktemp -d)
beside=
trap 'rm -rf "$work"' EXIT
trap 'for one in $beside; do kill -INT "$one"; done; wait; exit 130' INT TERM

# Run these tests in the background; $! is the process. One line a test as it ends, among the dots of the others: a
# minute without output looks like tests that hang.
run_beside() {
    name=$1
    shift
    mkfifo "$work/$name.lines"
    # Folders of one letter: unix sockets lie in some of them, and their paths may not be long.
    first_letter=${name%"${name#?}"}
    tee "$work/$name.txt" <"$work/$name.lines" | sed -u -n "s/^tests\/\(.*\)$/[$name] \1/p" &
    KALLSKYDD_OUTCOME="$work/$name.json" $python -m pytest -v --no-header -p no:cacheprovider --basetemp="$work/$first_letter" "$@" >"$work/$name.lines" 2>&1 &
}

echo "Four processes side by side. Lines that begin with [tor] are of the tests on the private Tor network and in browsers,"
echo "those with [audit] of the audit and the scrubbers, those with [services] of whole services, the project and the desk."
# shellcheck disable=SC2086  # lists of files, meant to be split
run_beside tor $on_tor
tor_tests=$!
# shellcheck disable=SC2086
run_beside audit $audit
audit_tests=$!
# shellcheck disable=SC2086
run_beside services $services
services_tests=$!
beside="$tor_tests $audit_tests $services_tests"
# shellcheck disable=SC2086
KALLSKYDD_OUTCOME="$work/others.json" $python -m pytest -q -p no:cacheprovider --basetemp="$work/b" $others
code=$?
wait "$audit_tests"
audit_code=$?
wait "$services_tests"
services_code=$?
wait "$tor_tests"
tor_code=$?
beside=
wait
for name in audit services tor; do
    echo
    echo "Tests that were shown as [$name]:"
    # What has been said line by line is not said again.
    grep -v '^tests/.*::.* PASSED' "$work/$name.txt"
done

$python scripts/run_again.py "$work" "$code" "$work/others.json" "$audit_code" "$work/audit.json" \
    "$services_code" "$work/services.json" "$tor_code" "$work/tor.json"
