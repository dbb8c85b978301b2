#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# command.sh: exit codes, help and error messages of the linnet command.  LINNET is the program;
# where it is for another processor, EMULATOR runs it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
digits=$here/../../examples/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

linnet() { ${EMULATOR:-} "$LINNET" "$@" >"$work/out" 2>"$work/err"; }

expect() { # code, text that the output must have, arguments...
    code=$1 text=$2
    shift 2
    linnet "$@"
    got=$?
    if [ $got -ne "$code" ] || ! cat "$work/out" "$work/err" | grep -qe "$text"; then
        echo "linnet $*: exit code $got, wanted $code and '$text'; it printed:"
        cat "$work/out" "$work/err"
        failed=$((failed + 1))
    fi
}

expect 2 'usage: linnet'
expect 0 'usage: linnet' --help
expect 0 'linnet [0-9]' --version
expect 2 'no command frob' frob
for command in run bench check inspect; do
    expect 0 "usage: linnet $command" $command --help
    expect 2 'is missing' $command
    expect 2 'unknown option --frob' $command --frob x
done
expect 2 'needs a value' run x --seed
expect 2 'not a whole number' run "$digits/digits_int8.tflite" --threads many
expect 2 'not none, cpu or a library' run "$digits/digits_int8.tflite" --delegate gpu
expect 2 'seed is "-1", not a whole number' run "$digits/digits_int8.tflite" --seed -1
expect 1 'no delegate: .*nosuch.so' run "$digits/digits_int8.tflite" --delegate "$work/nosuch.so"
expect 1 'node 11 (CONV_2D): input has rank 2, not 4' run "$digits/digits_int8.tflite" \
    --shape 0=8,8
expect 1 'nosuch' run nosuch.tflite
expect 1 'nosuch' inspect nosuch.tflite
expect 1 'JPEG' run "$digits/digits_int8.tflite" --image "$here/command.sh"
expect 1 'there is no input' run "$digits/digits_int8.tflite" --input nosuch=x.npy

# A run saves what another run can read.
expect 0 '"values"' run "$digits/digits_float32.tflite" --json --output "$work/saved"
expect 0 'FLOAT32' run "$digits/digits_float32.tflite" --delegate none --output "$work/saved"
expect 1 'rank 2, not 4' run "$digits/digits_float32.tflite" \
    --input "0=$work/saved/out0.npy"
expect 0 '"median_ms"' bench "$digits/digits_int8.tflite" --json --runs 3 --min-seconds 0
expect 0 'CONV_2D' bench "$digits/digits_int8.tflite" --runs 3 --min-seconds 0
expect 0 'CONV_2D version' inspect "$digits/digits_int8.tflite"
expect 0 '"zero_point"' inspect "$digits/digits_int8.tflite" --json
expect 0 'CONV_2D' inspect "$digits/digits_int8.tflite" --graph
expect 0 'digraph' inspect "$digits/digits_int8.tflite" --dot
# A weight cache that cannot be written is done without, and said.
expect 0 'weight cache: cannot create .*nosuch/cache' run "$digits/digits_int8.tflite" \
    --weight-cache "$work/nosuch/cache"

# A model from stdin.
for command in run inspect 'bench --runs 2 --min-seconds 0'; do
    # shellcheck disable=SC2086 # words
    expect 0 'digits\|UINT8\|serving_default\|CONV_2D' $command - <"$digits/digits_int8.tflite"
    # shellcheck disable=SC2086
    expect 1 'not a .tflite model' $command - <"$here/command.sh"
done

# check: no case is a failure.
expect 1 'no case' check "$digits"
expect 1 'No such file' check "$work/nosuch"

echo "command.sh: $failed failed"
[ $failed -eq 0 ]
