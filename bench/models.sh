#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# models.sh: times each model, and prints a table: milliseconds, kilobytes of activations.
#
#   bench/models.sh LINNET [MODEL.tflite...]
#
# Without models: those in the repository, and the ones of more than 100 kB in LINNET_SHARED
# (default ../shared).  THREADS, DELEGATE (none, cpu) and SECONDS_PER_MODEL choose how.
set -eu
[ $# -ge 1 ] || { sed -n 3,8p "$0"; exit 2; }
linnet=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${LINNET_SHARED:-$root/../shared}

if [ $# -eq 0 ]; then
    set -- "$root"/examples/*/*.tflite
    [ ! -d "$shared/models/zoo" ] ||
        set -- "$@" $(find "$shared/models/zoo" -maxdepth 1 -name '*.tflite' -size +100k | sort)
fi

number() { printf '%s' "$1" | sed -n "s/.*\"$2\":\([0-9.e+-]*\).*/\1/p"; }

printf '%-42s %10s %10s %10s %10s %10s\n' model load first median p90 'peak kB'
for model in "$@"; do
    name=$(basename "$model" .tflite)
    if result=$("$linnet" bench "$model" --json --threads "${THREADS:-1}" \
        --delegate "${DELEGATE:-cpu}" --min-seconds "${SECONDS_PER_MODEL:-1}" \
        --max-seconds "$((2 * ${SECONDS_PER_MODEL:-1}))" --runs 10 2>&1); then
        printf '%-42s %10.3f %10.3f %10.3f %10.3f %10d\n' "$name" "$(number "$result" load_ms)" \
            "$(number "$result" first_ms)" "$(number "$result" median_ms)" \
            "$(number "$result" p90_ms)" "$(number "$result" peak_rss_kb)"
    else
        printf '%-42s %s\n' "$name" "$result"
    fi
done
