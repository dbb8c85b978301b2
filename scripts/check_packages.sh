#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_packages.sh DIST: installs the Debian packages of this machine's processor in DIST under a
# root of their own, without what they depend on, and uses them from there: programs as
# tests/tools/readme.sh builds them, and the command.  dpkg wants root, or fakeroot.
set -eu
dist=$1
source=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
dpkg --root="$root" --force-depends --force-script-chrootless --install \
    "$dist"/*_"$(dpkg --print-architecture)".deb >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }
dpkg --root="$root" --list '*linnet*' | grep '^ii' | awk '{print $2, $3}'

sh "$source/tests/tools/readme.sh" "$root/usr"
libs=$(dirname "$(find "$root/usr" -name liblinnet.so.0)")
digits=$source/examples/digits
LD_LIBRARY_PATH=$libs "$root/usr/bin/linnet" run "$digits/digits_int8.tflite" \
    --image "$digits/digit7.png" --std 255 --labels "$digits/labels.txt" --top 1
LD_LIBRARY_PATH=$libs "$root/usr/bin/benchmark_model" --graph="$digits/digits_int8.tflite" \
    --num_runs=3 2>&1 | grep 'Inference (avg)'
