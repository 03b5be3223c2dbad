# Shared by the scripts: where things are, and progress lines. Sourced, not run.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
BEGAN=$SECONDS
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$ROOT/.venv"

# Where the machine has certificates, trust them: a company's proxy may be among them, which uv and Node do not know.
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
    export UV_SYSTEM_CERTS=1 NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
fi

# The version that wrote uv.lock.
UV_VERSION=0.13.9

say() { printf '[%4ds] %s\n' $((SECONDS - BEGAN)) "$*"; }
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

can_install_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Installs those of the named Debian packages that are missing. Fails when one cannot be had.
debian_install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "Installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && return 0
    apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# One line that changes when any of the named files or folders does.
fingerprint() {
    find "$@" -type f -not -path '*/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}
