#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_packages.sh DIST [amd64|arm64]: installs the Debian packages in DIST under a root of their
# own, without what they depend on, and uses them from there: programs as tests/tools/readme.sh
# builds them, and the commands.  The tarball likewise.  Those for another processor are compiled
# for by its cross compiler and run under qemu-user.  dpkg wants root, or fakeroot.
set -eu
dist=$(cd "$1" && pwd)
architecture=${2:-$(dpkg --print-architecture)}
source=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
EMULATOR=
case $architecture in amd64) processor=x86_64 ;; *) processor=aarch64 ;; esac
if [ "$processor" != "$(uname -m)" ]; then
    CC=$processor-linux-gnu-gcc TOOLCHAIN=$source/cmake/$processor-linux-gnu.cmake
    EMULATOR=qemu-$processor
    [ -e /lib/ld-linux-aarch64.so.1 ] || EMULATOR="$EMULATOR -L /usr/$processor-linux-gnu"
    export CC TOOLCHAIN
fi
export EMULATOR

use() { # prefix
    sh "$source/tests/tools/readme.sh" "$1"
    libs=$(dirname "$(find "$1" -name liblinnet.so.0)")
    digits=$source/examples/digits
    # shellcheck disable=SC2086 # a command with options
    LD_LIBRARY_PATH=$libs $EMULATOR "$1/bin/linnet" run "$digits/digits_int8.tflite" \
        --image "$digits/digit7.png" --std 255 --labels "$digits/labels.txt" --top 1 | tail -n 1
    # shellcheck disable=SC2086
    LD_LIBRARY_PATH=$libs $EMULATOR "$1/bin/benchmark_model" --num_runs=3 \
        --graph="$digits/digits_int8.tflite" 2>&1 | grep '^Inference (avg)'
}

mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
dpkg --root="$root" --force-depends --force-architecture --force-script-chrootless --install \
    "$dist"/*_"$architecture".deb >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }
dpkg --root="$root" --list '*linnet*' | grep '^ii' | awk '{print $2, $3, $4}'
use "$root/usr"
mkdir "$root/tarball"
tar xzf "$dist"/linnet-*-linux-"$processor".tar.gz -C "$root/tarball" --strip-components 1
use "$root/tarball"
echo "check_packages: packages and tarball for $architecture work"
