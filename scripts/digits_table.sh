#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# digits_table.sh [LINNET [MODEL]]: quantizes the digits model in every mode with 300 images of its
# training and prints size and accuracy on the 360 that it never saw, as README.md has them.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
linnet=${1:-$root/build/linnet}
model=${2:-$root/examples/digits/digits_float32.tflite}
data=$root/tests/data/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

row() { # name, options of quantize...
    name=$1
    shift
    "$linnet" quantize "$model" --data "$data/train.npy" --samples 300 --std 255 \
        --min-items 64 "$@" --output "$work/q.tflite" >"$work/log" 2>&1 ||
        { cat "$work/log"; exit 1; }
    right=$("$linnet" compare "$model" "$work/q.tflite" --data "$data/test.npy" --std 255 \
        --labels "$data/test_labels.npy" | sed -n 's/^right: .* and \(.*\)/\1/p')
    printf '| %s | %s | %s |\n' "$name" "$(wc -c <"$work/q.tflite")" "$right"
}

printf '| digits | bytes | right |\n|---|---|---|\n'
row "float32" --mode float
row "dynamic range" --mode dynamic
row "int8" --mode int8
row "int16x8" --mode int16x8
row "int4 weights" --mode weight-only --bits 4
