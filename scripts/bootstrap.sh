#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bootstrap.sh: installs what is missing to build (default), test, or cross-build, on Debian and
# Ubuntu.
#
#   scripts/bootstrap.sh [build|test|ci|cross|armv7|wasm|fuzz]...
#
# As root it installs; otherwise it uses sudo where that asks no password, else it prints the
# command to run and exits 1.  Nothing happens when nothing is missing.
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config libzip-dev libcjson-dev libpng-dev libjpeg-dev
libutf8proc-dev libpcre2-dev libprotobuf-c-dev protobuf-c-compiler zlib1g-dev"
test="g++ libcmocka-dev libsimde-dev protobuf-compiler python3-dev python3-numpy python3-venv"
ci="git clang clang-format"
fuzz="clang"
armv7="gcc-arm-linux-gnueabihf g++-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user"
wasm="emscripten nodejs node-acorn"
cross="gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
# The cross-built tests and command link with these; only Debian's own mirrors carry both
# architectures, so elsewhere they are left out and so are those tests.
cross_libraries="libzip-dev:arm64 libcjson-dev:arm64 libcmocka-dev:arm64 libpng-dev:arm64
libjpeg62-turbo-dev:arm64 libutf8proc-dev:arm64 libpcre2-dev:arm64 libprotobuf-c-dev:arm64
libstdc++6:arm64"

root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

installed() {
    dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# The architecture of a package that may be of any one: cmake is amd64 here.
missing() {
    for package in "$@"; do
        installed "$package" || printf '%s ' "$package"
    done
}

if ! command -v dpkg-query >/dev/null; then
    echo "bootstrap: this is neither Debian nor Ubuntu; install by hand: $build" >&2
    exit 0
fi

packages=
for group in "${@:-build}"; do
    case $group in
    build) packages="$packages $build" ;;
    test) packages="$packages $build $test" ;;
    ci) packages="$packages $build $test $ci" ;;
    fuzz) packages="$packages $build $fuzz" ;;
    armv7) packages="$packages $build $armv7" ;;
    wasm) packages="$packages $build $wasm" ;;
    cross)
        packages="$packages $build $cross"
        if grep -q '^ID=debian' /etc/os-release && [ "$(dpkg --print-architecture)" != arm64 ]; then
            packages="$packages $cross_libraries"
        fi ;;
    *) echo "usage: bootstrap.sh [build|test|ci|cross|armv7|wasm|fuzz]..." >&2; exit 2 ;;
    esac
done

# shellcheck disable=SC2086 # lists of names
needed=$(missing $packages)
[ -z "$needed" ] && exit 0
case $needed in
*:arm64*) foreign="dpkg --add-architecture arm64 && " ;;
*) foreign= ;;
esac
echo "bootstrap: installing $needed"
if ! root true; then
    echo "bootstrap: not root; run this, then try again:" >&2
    echo "  sudo sh -c '${foreign}apt-get update && apt-get install -y $needed'" >&2
    exit 1
fi
[ -z "$foreign" ] || root dpkg --add-architecture arm64
root apt-get update -q
# shellcheck disable=SC2086
root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $needed
