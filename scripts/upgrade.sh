#!/bin/sh
# Rewrites the three lock files: every Python from 3.11 on and every platform at once, hashes in them and no addresses.
# The compiler itself is not a dependency of the project, so it lives in a folder of its own and is thrown away. It has a
# lock of its own: an attacker who replaced it could write any hash into the others. What it locks for itself it is from the
# next upgrade on.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" --disable-pip-version-check install --quiet --require-hashes --no-deps --only-binary :all: \
    -r requirements-upgrade.lock
# Releases of the last week wait: a bad one is usually found by then.
week_ago=$(date -u -d '7 days ago' +%Y-%m-%d)
compile() {
    "$tools/venv/bin/uv" pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate --exclude-newer "$week_ago" --quiet "$@"
}
compile pyproject.toml --output-file requirements.lock
compile pyproject.toml --extra dev --extra build --constraint requirements.lock --output-file "$tools/all.lock"
# Below this line, which scripts/setup.sh looks for, stands what is in the second list alone.
echo '# What follows no server needs: the tools of tests and builds.' >"$tools/others.lock"
awk 'NR == FNR { seen[$1] = 1; next } /^[a-z]/ { keep = !($1 in seen) } keep' requirements.lock "$tools/all.lock" >>"$tools/others.lock"
cat "$tools/others.lock" >>requirements.lock
# The day up to which releases count, for `kallskydd status`: a lock file that grows old lacks what was mended since.
sed -i "1i # $week_ago" requirements.lock
printf 'setuptools\nwheel\npackaging\n' >"$tools/build.in"
compile "$tools/build.in" --constraint requirements.lock --output-file requirements-build.lock
printf 'uv\n' >"$tools/upgrade.in"
compile "$tools/upgrade.in" --output-file requirements-upgrade.lock
git diff --stat -- requirements.lock requirements-build.lock requirements-upgrade.lock
