#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_minimal.sh CASES...: for each folder of recorded cases, a library and command built for the
# models in it (LINNET_MODELS) must give what the whole ones give: the cases' outputs, by the engine
# and by the references.  CASES: what `linnet check` takes; ISAS in the environment: LINNET_ISAS.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
passed=0 failed=0

for cases in "$@"; do
    rm -rf "$work/models"
    mkdir "$work/models"
    find "$cases" -name '*.zip' | while read -r zip; do
        unzip -qq -o "$zip" '*.tflite' -d "$work/models/$(basename "$zip")" 2>/dev/null || true
    done
    models=$(find "$cases" "$work/models" -name '*.tflite' | paste -sd ';')
    if cmake -S "$root" -B "$work/build" -G Ninja $launcher "-DLINNET_MODELS=$models" \
        "-DLINNET_ISAS=${ISAS:-all}" -DLINNET_WERROR=ON >"$work/log" 2>&1 &&
        cmake --build "$work/build" --target linnet_tool >>"$work/log" 2>&1 &&
        "$work/build/linnet" check --delegate cpu "$cases" >"$work/log" 2>&1 &&
        LINNET_CPU=portable "$work/build/linnet" check --delegate cpu "$cases" >>"$work/log" 2>&1
    then
        passed=$((passed + 1))
        echo "$cases: $(tail -n 1 "$work/log")"
    else
        failed=$((failed + 1))
        echo "$cases: failed"
        tail -n 15 "$work/log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
