#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# readme.sh: the first C program in README.md compiles against an installed library, found by
# pkg-config, by CMake and by the name of TensorFlow Lite's own library, and runs; a program that
# uses liblinnet_task likewise, where that is installed.
#
#   readme.sh PREFIX     where `cmake --install` put the library
#
# For another processor: CC, TOOLCHAIN (CMake's file) and EMULATOR in the environment.
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

metadata=$root/examples/c/metadata.c
task=
[ ! -f "$libs/pkgconfig/linnet_task.pc" ] || task=task

run() { # program, arguments...
    program=$work/$1
    shift
    # shellcheck disable=SC2086 # a command with options
    LD_LIBRARY_PATH=$libs ${EMULATOR:-} "$program" "$@" >"$work/output"
}
compile() { # name, source, package
    # shellcheck disable=SC2046 # several options
    ${CC:-cc} -std=c11 -Wall -Werror "$2" -o "$work/$1" $(pkg-config --cflags --libs "$3")
}

compile one "$work/program.c" linnet
${CC:-cc} -std=c11 "$work/program.c" -o "$work/two" -I"$prefix/include" -L"$libs" \
    -ltensorflowlite_c
[ -z "$task" ] || compile three "$metadata" linnet_task

# find_package(linnet) works.
cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(linnet 0.1 REQUIRED)
add_executable(shared program.c)
target_link_libraries(shared linnet::linnet)
add_executable(tflite program.c)
target_link_libraries(tflite linnet::tensorflowlite_c)
add_executable(static program.c)
target_link_libraries(static linnet::linnet_static)
if(TARGET linnet::linnet_task)
    add_executable(task $metadata)
    target_link_libraries(task linnet::linnet_task)
endif()
END
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
    ${TOOLCHAIN:+"-DCMAKE_TOOLCHAIN_FILE=$TOOLCHAIN"} >/dev/null
cmake --build "$work/build" >/dev/null

for name in one two build/shared build/tflite build/static; do
    run $name "$root/examples/digits/digits_float32.tflite"
    grep -q '^9: 0\.' "$work/output"
done
cat "$work/output"
for name in ${task:+three build/task}; do
    run "$name" "$root/examples/digits/digits_int8.tflite" \
        "$root/examples/digits/labels.txt" "$work/with_metadata.tflite"
    grep -q 7 "$work/output"
done
