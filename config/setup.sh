#!/bin/sh
# Sets up what `make run` and `make test` need: system packages by name, .venv, pinned Python packages. Safe to repeat.
# `setup.sh also PACKAGE...` installs what one check alone needs, where that may be done; else that check is left out, and says so.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Keyholder needs Python 3.11 or newer as python3." >&2
    exit 2
fi

have() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# `as` for what root alone may do; fails where nobody may.
may_install() {
    if [ "$(id -u)" = 0 ]; then as=""
    elif sudo -n true 2>/dev/null; then as="sudo"
    else return 1
    fi
}

install() {
    echo "Installing system packages: $*"
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# No service that the package brings is started: `policy-rc.d` is whom Debian asks.
install_quietly() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then install "$1"; return; fi
    # Left behind, it would keep every service from starting for good, so it goes however this ends.
    trap '$as rm -f "$policy"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null && $as chmod 755 "$policy"
    install "$1" && went=yes || went=no
    $as rm -f "$policy"
    trap - EXIT HUP INT TERM
    [ "$went" = yes ]
}

if [ "${1:-}" = also ]; then
    shift
    for package in "$@"; do
        if have "$package" || ! command -v dpkg-query >/dev/null 2>&1; then continue; fi
        # Where systemd runs it would be started with the next boot: nobody asked for that.
        if [ -d /run/systemd/system ] || ! may_install || ! install_quietly "$package"; then
            echo "$package is not installed, so what needs it is left out: apt-get install $package" >&2
        fi
    done
    exit 0
fi

if command -v dpkg-query >/dev/null 2>&1; then
    missing=""
    for package in libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk fonts-inter chromium poppler-utils; do
        have "$package" || missing="$missing $package"
    done
    have libmagic1 || have libmagic1t64 || missing="$missing libmagic1"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    if [ -n "$missing" ]; then
        if ! may_install; then
            echo "Missing system packages:$missing" >&2
            echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
            exit 2
        fi
        install $missing
    fi
fi

# The virus scanner. Without it files wait, and `make run` starts all the same; where systemd runs it would start by itself.
if command -v dpkg-query >/dev/null 2>&1 && ! have clamav-daemon; then
    if [ -d /run/systemd/system ] || ! may_install || ! install_quietly clamav-daemon; then
        echo "clamav-daemon is not installed, so no file is checked for viruses: apt-get install clamav-daemon" >&2
    fi
fi

stamp="$(cat requirements.txt | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read() + sys.version.encode()).hexdigest())')"
if [ "$(cat .venv/keyholder-stamp 2>/dev/null || true)" != "$stamp" ]; then
    echo "Setting up .venv"
    rm -rf .venv
    "$python" -m venv .venv
    # The list is complete, so nothing is resolved: a release that appeared since can't change or break the set-up.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
    .venv/bin/python -m pip check --disable-pip-version-check >/dev/null
    echo "$stamp" > .venv/keyholder-stamp
fi
# A fifth of what it takes to start a process, of which there are many, where the surroundings keep Python from storing it.
.venv/bin/python -m compileall -qq accounts config demo kyc reports || true
mkdir -p .data
