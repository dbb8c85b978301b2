#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# budget.sh: two models with an induced problem (uneven.c) that costs int8 its accuracy on real
# digits; the search and the equalization must give it back.  LINNET is the command, UNEVEN the
# program; where they are for another processor, EMULATOR runs them.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
digits=$root/tests/data/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check() { # what, pattern, file
    if ! grep -qe "$2" "$3"; then
        echo "$1: no '$2' in:"
        cat "$3"
        failed=$((failed + 1))
    fi
}

linnet() {
    ${EMULATOR:-} "$LINNET" "$@" 2>&1
}

# Node 0 is a convolution, node 3 a depthwise one, which is left out in emulators: it takes long.
nodes="0 3"
[ -z "${EMULATOR:-}" ] || nodes=0
for node in $nodes; do
    model=$work/uneven$node.tflite
    ${EMULATOR:-} "$UNEVEN" "$root/examples/digits/digits_float32.tflite" "$node" "$model" || exit 1
    linnet quantize "$model" --mode int8 --data "$digits/train.npy" --samples 300 --std 255 \
        --observer minmax --labels "$digits/test_labels.npy" --eval "$digits/test.npy" \
        --max-drop 0.5% --output "$work/fixed.tflite" >"$work/out"
    check "plain int8 falls" "^loss 0\.[0-9]* with all that can be in integers" "$work/out"
    check "what is found" "^loss .*operators in float, [0-9]* with int16" "$work/out"
    check "what is found" "^  \(float\|int16\) " "$work/out"
    linnet compare "$model" "$work/fixed.tflite" --data "$digits/test.npy" --std 255 \
        --labels "$digits/test_labels.npy" >"$work/fixed"
    check "the fixed model" "right: 97\.[0-9] % and 9[78]\.[0-9] %" "$work/fixed"
    linnet quantize "$model" --mode int8 --data "$digits/train.npy" --samples 300 --std 255 \
        --observer minmax --output "$work/plain.tflite" >"$work/out"
    linnet compare "$model" "$work/plain.tflite" --data "$digits/test.npy" --std 255 \
        --labels "$digits/test_labels.npy" >"$work/plain"
    check "plain int8" "right: 97\.[0-9] % and [0-9]\{1,2\}\.[0-9] %" "$work/plain"
    if grep -q "and [6-9][0-9]\." "$work/plain"; then failed=$((failed + 1)); fi
    linnet quantize "$model" --mode int8 --data "$digits/train.npy" --samples 300 --std 255 \
        --observer minmax --equalize --output "$work/even.tflite" >"$work/out"
    linnet compare "$model" "$work/even.tflite" --data "$digits/test.npy" --std 255 \
        --labels "$digits/test_labels.npy" >"$work/even"
    check "equalized" "right: 97\.[0-9] % and 9[78]\.[0-9] %" "$work/even"
done
[ $failed -eq 0 ] && echo "budget: all as it should be"
exit $failed
