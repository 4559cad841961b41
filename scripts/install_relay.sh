#!/bin/sh
# Installs the clearnet mirror on a bare host with systemd: program, accounts, units. `make install-relay` runs it, as root.
#
# 1. The program goes to /opt/kallskydd-relay: the modules of a closed list and the system's own Python. Nothing is
#    fetched, and no .venv is needed. It is made beside the old one and takes its place in one step.
# 2. Units, accounts, kernel and journal settings, torrc and the papers go where the system looks for them.
# 3. Accounts are made, the units are read. Nothing is started: the operator names the mirror first (docs/OPERATING.md).
#
# With DESTDIR=DIR the files go below DIR, and step 3 is left to whoever makes a package or an image of it; no root needed.
# Run again it does the same again; what was changed by hand in /etc/kallskydd-relay stays.
set -eu
cd "$(dirname "$0")/.."
root=${DESTDIR:-}
program=/opt/kallskydd-relay
interpreter=${KALLSKYDD_PYTHON:-/usr/bin/python3}
umask 022

say() { printf '%s\n' "$*" >&2; }

if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    say "Installing makes accounts and units, for which root is needed. Run:  sudo make install-relay"
    exit 4
fi
if [ -z "$root" ] && ! command -v systemctl >/dev/null 2>&1; then
    say "This system has no systemd, and the mirror is kept by its units. Use DESTDIR, and run kallskydd relay by hand."
    exit 4
fi
if [ -z "$root" ] && ! command -v tor >/dev/null 2>&1; then
    say "The program tor is missing. Install it and keep its own daemon off:"
    say "  apt-get install -y --no-install-recommends tor; systemctl disable --now tor.service tor@default.service"
    exit 4
fi
case "$(readlink -f "$interpreter")" in
    /usr/*) ;;
    *)
        say "The units hide $interpreter from the relay (ProtectHome=yes). Use the system's own:  unset KALLSKYDD_PYTHON"
        [ -n "$root" ] || exit 3
        ;;
esac
if ! "$interpreter" -I -S -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
    say "Python 3.11 to 3.14 is needed, and $interpreter is another or is missing:  apt-get install -y python3"
    exit 4
fi

# ---- 1. the program
rm -rf "$root$program.new"
mkdir -p "$root$program.new"
"$interpreter" -I -S scripts/install_relay_program.py "$root$program.new" "$program"
rm -rf "$root$program.old"
[ ! -e "$root$program" ] || mv "$root$program" "$root$program.old"
mv "$root$program.new" "$root$program"
rm -rf "$root$program.old"
mkdir -p "$root/usr/local/bin"
ln -sfn "$program/bin/kallskydd" "$root/usr/local/bin/kallskydd"

# ---- 2. what the system reads
put() { mkdir -p "$root$2"; install -m 0644 "$1" "$root$2/"; }
put deploy/systemd/relay/kallskydd-relay.service /etc/systemd/system
put deploy/systemd/relay/kallskydd-relay-tor.service /etc/systemd/system
put deploy/sysusers.d/kallskydd-relay.conf /etc/sysusers.d
put deploy/sysctl.d/60-kallskydd.conf /etc/sysctl.d
put deploy/sysctl.d/60-kallskydd-relay.conf /etc/sysctl.d
put deploy/journald.conf.d/kallskydd.conf /etc/systemd/journald.conf.d
put docs/OPERATING.md "$program/share"
put deploy/mirror.example /etc/kallskydd-relay
mkdir -p "$root/etc/kallskydd-relay"
# A file that the operator may have changed: theirs stays, ours lies beside it.
if [ -e "$root/etc/kallskydd-relay/torrc" ] && ! cmp -s deploy/torrc-relay "$root/etc/kallskydd-relay/torrc"; then
    install -m 0644 deploy/torrc-relay "$root/etc/kallskydd-relay/torrc.new"
    say "Your /etc/kallskydd-relay/torrc differs from ours and stays. Ours lies beside it: torrc.new"
else
    install -m 0644 deploy/torrc-relay "$root/etc/kallskydd-relay/torrc"
fi

if [ -n "$root" ]; then
    say "The files are below $root. Accounts and units are made where they are put to use (docs/OPERATING.md)."
    exit 0
fi

# ---- 3. accounts, units
systemd-sysusers /etc/sysusers.d/kallskydd-relay.conf
# Kernels differ in what they let be set, and no single setting is a reason to stop.
for settings in 60-kallskydd 60-kallskydd-relay; do
    sysctl --quiet --load="/etc/sysctl.d/$settings.conf" || say "Some kernel settings could not be made; see the lines above."
done
# What it has remembered of peers until now.
ip tcp_metrics flush all 2>/dev/null || true
systemctl restart systemd-journald.service
systemctl daemon-reload
if systemctl --quiet is-active kallskydd-relay.service; then
    say "The new program is in place. It is used from the next start:  systemctl restart kallskydd-relay"
    exit 0
fi
say "Installed. Name the mirror, once:"
say "  cp /etc/kallskydd-relay/mirror.example /etc/kallskydd-relay/mirror   (and change ONION and NAME)"
say "Then start it, now and with the computer:"
say "  systemctl enable --now kallskydd-relay-tor kallskydd-relay"
