#!/bin/sh
# The tests that need no tor, browser or strace and take little time, in two processes side by side: for every change.
# Everything else, and these as well, is `make test`. With arguments: one process, as pytest takes them.
set -u
cd "$(dirname "$0")/.." || exit
python=.venv/bin/python
if [ $# -gt 0 ]; then exec $python -m pytest -q --few-programs "$@"; fi

project="tests/project/test_auditing_doc.py tests/project/test_code_search.py tests/project/test_sentences.py"
project="$project tests/project/test_shape.py tests/project/test_silence_static.py tests/project/test_threat_model.py"
first="tests/cases tests/trusted/case tests/trusted/crypto tests/trusted/receipt tests/trusted/roster tests/trusted/store $project tests/project/test_trusted.py tests/onion/test_torrc.py tests/onion/test_onion_keys.py tests/kallskydd/machine/test_swap.py"
second="tests/intake/identifiers tests/intake/uploads tests/trusted/web/test_padding.py tests/trusted/web/test_silence.py"
second="$second tests/intake/report/test_reporter_texts.py tests/intake/report/test_information.py"
second="$second tests/intake/report/test_reporter_filing.py tests/intake/inbox/test_reporter_inbox.py tests/intake/desk_api/test_desk_api.py"
second="$second tests/intake/test_memory_turns.py tests/scrubbers/test_report_groups.py tests/trusted/jail/test_fair_queue.py"
second="$second tests/desk/test_desk_grants.py tests/desk/test_desk_notes.py tests/desk/test_desk_words.py"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086  # lists of files, meant to be split
$python -m pytest -q --few-programs -p no:cacheprovider --basetemp="$work/a" $first >"$work/first.txt" 2>&1 &
beside=$!
# shellcheck disable=SC2086
$python -m pytest -q --few-programs -p no:cacheprovider --basetemp="$work/b" $second
code=$?
wait "$beside" || code=$?
cat "$work/first.txt"
exit "$code"
