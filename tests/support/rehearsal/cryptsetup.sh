#!/bin/sh
# A server's `cryptsetup` in a rehearsal: the real one, but for what needs device-mapper (disks.py says why).
#   open [OPTIONS] DEVICE NAME: the real one judges the passphrase; NAME then leads to the place behind the header.
set -eu
real=/usr/sbin/cryptsetup
case ${1:-} in
    open | luksOpen)
        for word; do device=${name:-}; name=$word; done
        if [ -e "/dev/mapper/$name" ]; then echo "Device $name already exists." >&2; exit 5; fi
        "$real" open --test-passphrase "$device"
        mkdir -p /dev/mapper
        ln -s "$device-plain" "/dev/mapper/$name"
        ;;
    close | luksClose)
        if findmnt --noheadings --source "$(readlink "/dev/mapper/$2")" >/dev/null; then echo "Device $2 is still in use." >&2; exit 5; fi
        rm "/dev/mapper/$2"
        ;;
    *) exec "$real" "$@" ;;
esac
