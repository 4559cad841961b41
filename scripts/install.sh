#!/bin/sh
# Installs the service on a server with systemd: program, accounts, units. `make install` runs it, as root.
#
# 1. The program goes to /opt/kallskydd: the packages that are needed to serve, out of archives whose hash is in the lock
#    files, and no pip among them. It is made beside the old one and takes its place in one step.
# 2. Units, accounts, folders, kernel settings, torrc and the papers go where the system looks for them.
# 3. Accounts and folders are made, the units are read. Nothing is started: a home comes first (docs/OPERATING.md).
#
# With DESTDIR=DIR the files go below DIR, and step 3 is left to the packager of it; no root needed.
# Run again it does the same again; what was changed by hand in /etc/kallskydd stays.
set -eu
cd "$(dirname "$0")/.."
root=${DESTDIR:-}
program=/opt/kallskydd
umask 022

say() { printf '%s\n' "$*" >&2; }

if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    say "Installing makes accounts and units, for which root is needed. Run:  sudo make install"
    exit 4
fi
if [ -z "$root" ] && ! command -v systemctl >/dev/null 2>&1; then
    say "This system has no systemd, and the service is kept by its units. Run it by hand with make run, or use DESTDIR."
    exit 4
fi
# Not asked of itself: it would run what may have been put into .venv.
interpreter=$(readlink -f .venv/bin/python)
case "$interpreter" in
    /usr/*) ;;
    *)
        say "The Python of .venv is $interpreter, which the units hide from the service (ProtectHome=yes)."
        say "Make .venv with the system's own:  rm -r .venv; KALLSKYDD_PYTHON=/usr/bin/python3 make setup"
        # Below DESTDIR nothing is going to run here, so that it may be looked at all the same.
        [ -n "$root" ] || exit 3
        ;;
esac

# ---- 1. the program
rm -rf "$root$program.new"
mkdir -p "$root$program.new"
# -S: without the packages and the startup files of any environment.
"$interpreter" -I -S scripts/install_program.py "$root$program.new" "$program"
rm -rf "$root$program.old"
[ ! -e "$root$program" ] || mv "$root$program" "$root$program.old"
mv "$root$program.new" "$root$program"
rm -rf "$root$program.old"
mkdir -p "$root/usr/local/bin"
ln -sfn "$program/bin/kallskydd" "$root/usr/local/bin/kallskydd"

# ---- 2. what the system reads
put() { mkdir -p "$root$2"; install -m 0644 "$1" "$root$2/"; }
put deploy/systemd/kallskydd.service /etc/systemd/system
put deploy/systemd/kallskydd-tor.service /etc/systemd/system
put deploy/systemd/kallskydd-status.service /etc/systemd/system
put deploy/systemd/kallskydd-status.timer /etc/systemd/system
# For another computer, which looks from outside and has no home.
put deploy/systemd/kallskydd-outside.service /etc/systemd/system
put deploy/systemd/kallskydd-outside.timer /etc/systemd/system
put deploy/systemd/kallskydd-backup.service /etc/systemd/system
put deploy/systemd/kallskydd-backup.timer /etc/systemd/system
put deploy/sysusers.d/kallskydd.conf /etc/sysusers.d
put deploy/tmpfiles.d/kallskydd.conf /etc/tmpfiles.d
# For a host with many tenants, which the first `kallskydd host add` puts to use (docs/HOSTING.md).
for unit in kallskydd@.service kallskydd@.socket kallskydd-publisher.service kallskydd-hidepid.service kallskydd-tenants.service \
    kallskydd-tenants.slice kallskydd-status@.service kallskydd-status@.timer kallskydd-backup@.service \
    kallskydd-backup@.timer kallskydd-host-status.service kallskydd-host-status.timer; do
    put "deploy/systemd/$unit" /etc/systemd/system
done
put deploy/sysctl.d/60-kallskydd.conf /etc/sysctl.d
put deploy/journald.conf.d/kallskydd.conf /etc/systemd/journald.conf.d
put deploy/apparmor.d/kallskydd-tor /etc/apparmor.d
# The lock too: `audit live` holds the libraries against it.
put requirements.lock "$program/share"
for paper in docs/*.md; do put "$paper" "$program/share"; done
for paper in docs/operating/*.md; do put "$paper" "$program/share/operating"; done
keep() {  # a file that the operator may have changed: theirs stays, ours lies beside it
    mkdir -p "$root/etc/kallskydd"
    if [ -e "$root/etc/kallskydd/$2" ] && ! cmp -s "$1" "$root/etc/kallskydd/$2"; then
        install -m 0644 "$1" "$root/etc/kallskydd/$2.new"
        say "Your /etc/kallskydd/$2 differs from ours and stays. Ours lies beside it: $2.new"
    else
        install -m 0644 "$1" "$root/etc/kallskydd/$2"
    fi
}
keep deploy/torrc torrc
example=$(mktemp)
trap 'rm -f "$example"' EXIT
{ cat kallskydd/examples/ludvika.toml; printf '\n[tor]\ncontrol_socket = "/run/kallskydd-tor/control"\n'; } >"$example"
keep "$example" config.example.toml

if [ -n "$root" ]; then
    say "The files are below $root. Accounts, folders and units are made where they are put to use (docs/OPERATING.md)."
    exit 0
fi

# ---- 3. accounts, folders, units
systemd-sysusers /etc/sysusers.d/kallskydd.conf
systemd-tmpfiles --create /etc/tmpfiles.d/kallskydd.conf
# Kernels differ in what they let be set; what is missing is named by `kallskydd audit live`, and no reason to stop.
sysctl --quiet --load=/etc/sysctl.d/60-kallskydd.conf || say "Some kernel settings could not be made; see the lines above."
if command -v apparmor_parser >/dev/null 2>&1 && [ -d /sys/kernel/security/apparmor ]; then
    apparmor_parser --replace /etc/apparmor.d/kallskydd-tor
fi
systemctl restart systemd-journald.service
systemctl daemon-reload
if systemctl --quiet is-active kallskydd.service; then
    say "The new program is in place. It is used from the next start:  systemctl restart kallskydd-tor kallskydd"
    exit 0
fi
say "Installed. Nothing is started. Go on with $program/share/operating/first-day.md (Swedish: forsta-dagen.md)."
