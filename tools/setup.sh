#!/usr/bin/env bash
# Installs what is missing on Debian 12 (or a system with the same packages). Sourced by ./run and ./test; a second call
# finds everything there and does nothing. On another system it names what is needed and stops.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(
    g++ cmake ninja-build pkg-config ccache
    libdnnl-dev liblapack-dev libblas-dev
    libfmt-dev libcli11-dev nlohmann-json3-dev libcpp-httplib-dev
    libfreetype-dev libharfbuzz-dev libjpeg62-turbo-dev libpng-dev libwebp-dev zlib1g-dev liblzma-dev
    libcurl4-openssl-dev libssl-dev
    fonts-noto-color-emoji unicode-data
)
if [ "$(uname -m)" = x86_64 ]; then build_packages+=(libxbyak-dev); fi
test_packages=(doctest-dev python3 python3-venv chromium xz-utils)

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
    done
}

# install_packages NAME...: with root's rights if we have them, by sudo otherwise.
install_packages() {
    local missing
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is not a Debian system. Install these (Debian's names), then build with cmake --preset release:" >&2
        printf '    %s\n' "$@" "nodejs (18.19 or newer)" npm >&2
        exit 1
    fi
    missing=$(missing_packages "$@")
    # Node from elsewhere will do; Debian's own is taken only where there is none.
    command -v npm >/dev/null || missing="$missing nodejs npm"
    [ -z "${missing// /}" ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Needs root or sudo to install:" $missing >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "Installing:" $missing
    "${as_root[@]}" apt-get update -qq
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# A virtual environment for the tests that compare files with Python's own readers; made once.
python_packages="numpy==2.4.1 safetensors==0.7.0"
make_python() {
    local stamp="$root/.venv/.packages"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$python_packages" ] && return
    python3 -m venv "$root/.venv"
    # shellcheck disable=SC2086
    "$root/.venv/bin/pip" install --quiet --disable-pip-version-check $python_packages
    echo "$python_packages" >"$stamp"
}

# build PRESET: configures when needed, and builds. Quiet unless something is built or fails.
build() {
    local folder="$root/build/$1"
    (cd "$root" && { [ -f "$folder/build.ninja" ] || cmake --preset "$1" >"$root/build/$1.log" 2>&1 || { cat "$root/build/$1.log" >&2; exit 1; }; })
    cmake --build "$folder"
}
