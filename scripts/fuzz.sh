#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh: mutates models and feeds them to the fuzz targets, half of the mutants to each.
#
#   scripts/fuzz.sh BUILD MUTANTS
#
# Seeds are the models in the repository and, where there are any, those in LINNET_SHARED (default
# ../shared), of at most MAX_SEED_BYTES (65536).  A finding ends the run; mutate.last in the build
# folder then says which mutant it was.
set -eu
[ $# -eq 2 ] || { sed -n 3,9p "$0"; exit 2; }
build=$1
half=$((($2 + 1) / 2))
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${LINNET_SHARED:-$root/../shared}

seeds=$(find "$root/examples" "$root/tests" -name '*.tflite' -size -64k | sort)
if [ -d "$shared/models/zoo" ]; then
    seeds="$seeds $(find "$shared/models/zoo" -name '*.tflite' | sort)"
fi
cd "$build"
for target in model interpreter; do
    # shellcheck disable=SC2086 # a list of paths without blanks
    ./mutate_$target -n "$half" -s "${FUZZ_SEED:-1}" -m "${MAX_SEED_BYTES:-65536}" $seeds
done
