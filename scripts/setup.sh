#!/bin/sh
# Prepares everything the other make targets need, and says beforehand what it fetches and how much.
#
#   scripts/setup.sh run     what `make run` and `make serve` need
#   scripts/setup.sh server  what `make install` needs: the archives of what serves, none of it installed in .venv
#   scripts/setup.sh test    what `make run` needs and the programs the tests call
#   scripts/setup.sh bench   what `make bench` needs: the other cleaners it compares with
#   scripts/setup.sh rehearsal  what `make rehearsal` needs: mmdebstrap and systemd-nspawn, which make and boot a server
#   scripts/setup.sh corpus  what `make corpus` needs beside the tests: LibreOffice, which exports documents for it, and ffmpeg
#
# 1. Names what the system lacks; without a network, it names everything at once and the one apt line, exit 4: at once
#    where the system knows that there is none, some fifteen seconds later where nothing answers.
# 2. Installs it with apt, with sudo when not root. Daemons that came with it are disabled again: the keeper runs its own tor.
# 3. Makes .venv from the hashed lock files, and keeps the archives in it for `make install`. Done before, it returns at once.
#
# KALLSKYDD_PYTHON names another interpreter; KALLSKYDD_ONLINE=1 leaves out the check for a network, which a very slow one
# fails.
set -eu
SLOW_SECONDS=900   # for what comes slowly, but comes; silence ends it far sooner
SILENT_SECONDS=15  # four were too few for a working network on a new machine
cd "$(dirname "$0")/.."
what=${1:-run}
venv=.venv
stamp=$venv/.ready
lock=requirements.lock
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*" >&2; }

MAKES_VENV="ensurepip, venv"  # Debian's python3 comes without the first

python_works() {  # python_works PYTHON MODULES: a Python that this project supports and that has these modules
    "$1" -c "import sys, $2; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))" 2>/dev/null
}

find_python() {  # find_python MODULES
    for candidate in ${KALLSKYDD_PYTHON:-} python3 python3.13 python3.12 python3.14 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && python_works "$candidate" "$1"; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}

have_library() {  # ldconfig lives in a folder that is not on every user's PATH
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q "$1"
}

# The day in the lock file and the tables from ruff's on in pyproject.toml change nothing that is installed.
lock_state() { { cat requirements-build.lock; sed '/^#/d' requirements.lock; sed '/^\[tool\.ruff/,$d' pyproject.toml; } | sha256sum | cut -d' ' -f1; }

# ---- 1. what is missing
packages=
need() { packages="$packages $1"; say "  missing: $2 (Debian package $1)"; }
python=$(find_python "$MAKES_VENV") || python=
ready=no
is_ready() { [ -f "$1" ] && [ -d "$venv/archives" ] && [ "$(cat "$1")" = "$(lock_state) $(pwd)" ] && "$venv/bin/python" -c "import $2" 2>/dev/null; }
if is_ready "$stamp" aiohttp; then ready=yes; fi
size=215
if [ "$what" = server ]; then
    size=110
    is_ready "$stamp-server" setuptools && ready=yes
fi

if [ "$ready" = no ] && [ -z "$python" ]; then
    find_python sys >/dev/null || need python3 "Python 3.11 to 3.14"
    need python3-venv "Python's venv module"
fi
command -v tor >/dev/null 2>&1 || need tor "tor, the program"
command -v tor-gencert >/dev/null 2>&1 || case "$packages" in *" tor"*) ;; *) need tor "tor-gencert" ;; esac
have_library libmagic.so.1 || need libmagic1 "libmagic, which tells what kind a file is"
if [ "$what" = test ]; then
    command -v strace >/dev/null 2>&1 || need strace "strace, with which the tests watch every file that is opened"
    command -v systemd-analyze >/dev/null 2>&1 || need systemd "systemd-analyze, with which the tests weigh the units; nothing of it is started"
    # Some 290 MB if none is there; the size on this system is printed before the download.
    command -v firefox-esr >/dev/null 2>&1 || need firefox-esr "Firefox ESR, which Tor Browser is made of: the tests use the pages with it"
    command -v chromium >/dev/null 2>&1 || need chromium "Chromium, the other browser of the tests"
    command -v w3m >/dev/null 2>&1 || need w3m "w3m, the text browser of the tests"
    { command -v pebble && command -v pebble-challtestsrv; } >/dev/null 2>&1 || need pebble "Pebble, the certificate authority of the tests, with its name server"
    [ -x /usr/sbin/nginx ] || need nginx "nginx, one of the two proxies whose files in deploy/proxy are tried"
    command -v caddy >/dev/null 2>&1 || need caddy "Caddy, the other"
    [ -x /usr/sbin/ip ] || [ -x /sbin/ip ] || need iproute2 "ip, with which tests have a network of their own"
    [ -x /usr/sbin/mkfs.ext4 ] || [ -x /sbin/mkfs.ext4 ] || need e2fsprogs "mkfs.ext4, which makes the disks that tests read block by block, as root"
    command -v pdftotext >/dev/null 2>&1 || need poppler-utils "pdftotext, the outside reader of texts in clean copies"
    have_library libfribidi.so.0 || need libfribidi0 "FriBidi, which judges the order of letters on a line"
    command -v java >/dev/null 2>&1 || need default-jre-headless "Java, which runs the checker of HTML"
fi
if [ "$what" = bench ]; then
    # Debian's mat2 brings the GObject bindings of gdk-pixbuf, poppler and librsvg that it works with, and ExifTool.
    command -v mat2 >/dev/null 2>&1 || need mat2 "mat2, a cleaner to compare with"
    command -v qpdf >/dev/null 2>&1 || need qpdf "qpdf, another"
fi
if [ "$what" = rehearsal ] || [ "$what" = test ]; then
    command -v mmdebstrap >/dev/null 2>&1 || need mmdebstrap "mmdebstrap, which makes the folder of a Debian server"
    command -v systemd-nspawn >/dev/null 2>&1 || need systemd-container "systemd-nspawn, which boots it"
fi
if [ "$what" = corpus ]; then
    # Some 100 MB, without windows.
    command -v soffice >/dev/null 2>&1 || need "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui libreoffice-draw-nogui" \
        "LibreOffice, whose exports are cleaned"
    # Some 50 MB.
    { command -v ffmpeg && command -v ffprobe; } >/dev/null 2>&1 || need ffmpeg "ffmpeg, which says what players play of recordings and films"
fi
if [ "$what" = test ] || [ "$what" = bench ]; then
    command -v exiftool >/dev/null 2>&1 || need libimage-exiftool-perl "ExifTool, the outside reader of cleaned files"
fi
peer=$venv/onionshare  # receive mode of OnionShare, which `make bench` compares pages with
lacks_peer=no
if [ "$what" = bench ] && [ ! -x "$peer/bin/onionshare-cli" ]; then
    lacks_peer=yes
    say "  missing: OnionShare to compare with (benchmarks/peers/onionshare.lock, 25 MB, checked by hash, kept in .venv)"
fi
[ -z "$packages" ] && [ "$ready" = yes ] && [ "$lacks_peer" = no ] && exit 0
[ "$ready" = yes ] || say "  missing: the Python packages of requirements.lock (about $size MB, checked by hash, kept in .venv)"

as_root=
if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
apt_line="$as_root apt-get install -y --no-install-recommends$packages"

stop_here() {  # stop_here WHAT_FAILED WHAT_TO_DO
    say ""
    say "$1 The set-up is not complete: what is named above cannot be fetched."
    if [ -n "$packages" ]; then say "$2 Then run:  ${apt_line# }"; else say "$2"; fi
    say "Then run the same make command again. If the network or the computer is only slow, put KALLSKYDD_ONLINE=1 before it."
    exit 4
}

offline() { stop_here "Nothing answered in time: there is no network, or it is slow." "Connect to the internet."; }

fetch_one() {  # fetch_one SECONDS: asks for the smallest lock file; where that fails, `pip_said` is what pip said, else empty
    wheel=$("$python" -c 'import ensurepip, glob, os, sysconfig
folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR") or ""]
print(next((w for folder in folders for w in glob.glob(os.path.join(folder, "pip-*.whl"))), ""))')
    pip_said=
    [ -n "$wheel" ] || return 0
    target=$(mktemp -d)
    code=0
    # With the pip that every Python carries, before anything is made. Its own temporary folders go in there too: cut off
    # by the time-out, it leaves them behind. Twice -v, or it keeps to itself why an index could not be read.
    TMPDIR=$target PYTHONPATH=$wheel timeout "$1" "$python" -m pip --disable-pip-version-check --timeout $((SILENT_SECONDS - 3)) --retries 0 -v -v \
        download --no-deps --require-hashes -d "$target/packages" -r requirements-build.lock >"$target/said" 2>&1 || code=$?
    if [ $code != 0 ]; then
        pip_said=$(sed -n 's/.*Could not fetch URL [^ ]* *\(.*\) - skipping$/\1/p' "$target/said" | head -n 1)
        [ -n "$pip_said" ] || pip_said=$(sed -n 's/^ERROR: //p' "$target/said" | tail -n 1)
    fi
    rm -rf "$target"
    return $code
}

cannot_fetch() {  # says what really failed: what helps against it differs
    case "$pip_said" in
        "" | *"Network is unreachable"* | *"No route to host"* | *"name resolution"* | *"Name or service not known"* | *"timed out"*)
            offline ;;
        *"[SSL"* | *SSLError* | *"ssl certificate"*)
            why=$(printf '%s' "$pip_said" | sed "s/.*\[SSL[^]]*\] *//; s/ *(_ssl.*//; s/['\")]*\$//")
            stop_here "The index of Python packages was reached, but no encrypted connection to it came about ($why)." \
                "Set this computer's clock, install ca-certificates; for a proxy that opens TLS, name its certificate in PIP_CERT." ;;
        *)
            why=$(printf '%s' "$pip_said" | sed "s/.*(Caused by //; s/<[^>]*>: //g; s/[A-Za-z]*Error('//g; s/', */ /g; s/['\")]*\$//")
            stop_here "The Python packages cannot be fetched: $why." \
                "Look at the index and the proxy in pip's own settings (python3 -m pip config list)." ;;
    esac
}

look_at_index() {
    if [ "$ready" = no ] && [ -n "$python" ] && [ "${KALLSKYDD_ONLINE:-}" != 1 ]; then fetch_one $SLOW_SECONDS || cannot_fetch; fi
}

look_at_index

# ---- 2. the system's packages
DAEMONS="tor nginx caddy"
UNITS=/lib/systemd/system

leave_off() {  # leave_off DAEMON: it runs neither now nor after a start of this system, also of a systemd that comes later
    units=$1.service
    [ "$1" != tor ] || units="$units tor@default.service"
    if command -v systemctl >/dev/null 2>&1; then
        # shellcheck disable=SC2086  # the list is meant to be split
        $as_root systemctl disable --now $units >/dev/null 2>&1 || true
        return
    fi
    $as_root invoke-rc.d "$1" stop >/dev/null 2>&1 || true
    $as_root update-rc.d "$1" disable >/dev/null 2>&1 || true
    $as_root deb-systemd-helper disable "$1.service" >/dev/null 2>&1 || true
}

if [ -n "$packages" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        say "This system has no apt. Install the programs named above its own way, then run the same command again."
        exit 4
    fi
    if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
        say "Installing needs root and there is no sudo. As root, run:  apt-get install -y --no-install-recommends$packages"
        exit 4
    fi
    if [ -n "$as_root" ] && ! sudo -n true 2>/dev/null; then
        # Asked for here and not below, where a password that is being typed would be taken for a network that is silent.
        sudo -v || { say "Without root nothing can be installed. As root, run:  ${apt_line#sudo }"; exit 4; }
    fi
    say "Reading the package lists …"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    $as_root apt-get -o Acquire::http::Timeout=$SILENT_SECONDS -o Acquire::https::Timeout=$SILENT_SECONDS -o Acquire::Retries=0 update >"$log" 2>&1 &
    update=$!
    tries=0
    # Online, the first list answers within seconds; without a network none ever does.
    while [ $tries -lt $((SLOW_SECONDS * 10)) ] && ! grep -qE '^(Hit|Get):' "$log"; do
        kill -0 "$update" 2>/dev/null || break
        sleep 0.1
        tries=$((tries + 1))
    done
    if grep -q 'Could not get lock' "$log"; then
        say "Another program is installing packages just now. Wait until it is done, then run the same command again."
        exit 4
    fi
    if [ "${KALLSKYDD_ONLINE:-}" != 1 ] && ! grep -qE '^(Hit|Get):' "$log"; then
        kill "$update" 2>/dev/null || true
        offline
    fi
    wait "$update" || true
    not_here=
    for daemon in $DAEMONS; do [ -e "$UNITS/$daemon.service" ] || not_here="$not_here $daemon"; done
    # --print-uris, because a "no" alone holds apt back only where it asks: what brings no other package it installs at once.
    # shellcheck disable=SC2086  # the list is meant to be split
    how_much=$(apt-get install --assume-no --print-uris --no-install-recommends $packages 2>/dev/null | grep -E '^(Need to get|Inst|After this)' || true)
    say "Installing with apt:$packages"
    [ -z "$how_much" ] || say "$how_much"
    say "This may take some minutes, in which apt says nothing …"
    installed=yes
    # shellcheck disable=SC2086
    # "env", because sudo hands no variables on.
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages >"$log" 2>&1 || installed=no
    # The packages start and enable daemons, and nobody asked for those that were not here before; also where apt then failed,
    # because the next run would find them here.
    for daemon in $not_here; do
        [ -e "$UNITS/$daemon.service" ] || continue
        leave_off "$daemon"
        [ "$daemon" != tor ] || say "The tor package brings a daemon of its own, which was not here before: it is stopped and disabled. Källskydd starts its own tor."
    done
    if [ $installed = no ]; then
        tail -n 5 "$log" >&2
        say "apt could not install them. The lines above say why; mend that, then run:  ${apt_line# }"
        exit 4
    fi
    packages=  # they are there now: no advice names them again
    if [ "$ready" = no ] && [ -z "$python" ]; then
        python=$(find_python "$MAKES_VENV") || {
            say "No Python between 3.11 and 3.14 was found, and this system's packages do not have one. Install one and run again."
            exit 4
        }
        look_at_index
    fi
fi

# ---- 3. the Python packages, by hash
if [ "$ready" = no ]; then
    say "Making .venv with $($python --version) and fetching the packages of requirements.lock (about $size MB). This takes some minutes …"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
    fetch="download --require-hashes --no-deps --no-build-isolation --dest $venv/archives"
    known="install --require-hashes --no-deps --no-build-isolation --no-index --find-links $venv/archives"
    if [ "$what" = server ]; then
        stamp=$stamp-server
        lock=$venv/server.lock
        sed '/^# What follows no server needs/,$d' requirements.lock >"$lock"
    fi
    # The build tools come first: stem is source only, and is built without isolation so that nothing unhashed is fetched.
    {
        $pip $fetch -r requirements-build.lock &&
            $pip $known -r requirements-build.lock &&
            $pip $fetch -r $lock &&
            { [ "$what" = server ] || {
                $pip $known --use-pep517 -r $lock &&
                    $pip install --no-deps --no-build-isolation --no-index --editable .
            }; }
    } || {
        # pip has said that it found no version, and not why. Asked once more and with time, it may say that too.
        fetch_one 60 || cannot_fetch
        say "The Python packages could not be installed. The lines above say why; mend that, then run the same command again."
        exit 4
    }
    printf '%s %s\n' "$(lock_state)" "$(pwd)" >"$stamp"
fi
if [ "$lacks_peer" = yes ]; then
    "$venv/bin/python" -m venv "$peer"
    # stem is source only here too: its build tools come from the lock of ours, so that nothing unhashed is fetched.
    pip="$peer/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps --no-build-isolation"
    { $pip -r requirements-build.lock && $pip --use-pep517 -r benchmarks/peers/onionshare.lock; } || {
        rm -rf "$peer"
        say "OnionShare could not be installed. The lines above say why; mend that, then run the same command again."
        exit 4
    }
fi
say "The set-up is complete."
