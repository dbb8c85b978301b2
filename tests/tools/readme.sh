#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# readme.sh: the first C program in README.md compiles against an installed library, found by
# pkg-config and by the name of TensorFlow Lite's own library, and runs.
#
#   readme.sh PREFIX     where `cmake --install` put the library
set -eu
prefix=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^```c$/ { on = !n++; next } /^```/ { on = 0 } on' "$root/README.md" >"$work/program.c"
[ -s "$work/program.c" ]
libs=$(dirname "$(find "$prefix" -name 'liblinnet.so' | head -n 1)")
PKG_CONFIG_PATH=$libs/pkgconfig
export PKG_CONFIG_PATH

# shellcheck disable=SC2046 # several options
${CC:-cc} -std=c11 -Wall -Werror "$work/program.c" -o "$work/one" \
    $(pkg-config --cflags --libs linnet)
${CC:-cc} -std=c11 "$work/program.c" -o "$work/two" -I"$prefix/include" -L"$libs" \
    -ltensorflowlite_c
for program in one two; do
    LD_LIBRARY_PATH=$libs "$work/$program" "$root/examples/digits/digits_float32.tflite"
done

# find_package(linnet) works.
cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(linnet REQUIRED)
add_executable(shared program.c)
target_link_libraries(shared linnet::linnet)
add_executable(static program.c)
target_link_libraries(static linnet::linnet_static)
END
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/static" "$root/examples/digits/digits_float32.tflite"
