#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh: mutates models and feeds them to the fuzz targets, a third of the mutants each way.
#
#   scripts/fuzz.sh BUILD MUTANTS
#
# mutate_model and mutate_interpreter change bytes, mutate_graph changes what an operator is given.
# Seeds are the models of the op cases, those in the repository and, where there are any, those in
# LINNET_SHARED (default ../shared), of at most MAX_SEED_BYTES (65536).  A finding ends the run;
# mutate.last in the build folder then says which mutant it was.
set -eu
[ $# -eq 2 ] || { sed -n 3,10p "$0"; exit 2; }
build=$1
third=$((($2 + 2) / 3))
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${LINNET_SHARED:-$root/../shared}

seeds=$build/seeds
rm -rf "$seeds"
for archive in "$root"/tests/ops/cases/*.zip; do
    python3 -m zipfile -e "$archive" "$seeds/$(basename "$archive" .zip)"
done
list=$(find "$root/examples" "$root/tests" "$(cd "$seeds" && pwd)" -name '*.tflite' | sort)
if [ -d "$shared/models/zoo" ]; then
    list="$list $(find "$(cd "$shared" && pwd)/models/zoo" -name '*.tflite' | sort)"
fi
cd "$build"
for program in mutate_model mutate_interpreter mutate_graph; do
    # shellcheck disable=SC2086 # a list of paths without blanks
    "./$program" -n "$third" -s "${FUZZ_SEED:-1}" -m "${MAX_SEED_BYTES:-65536}" $list
done
