#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# plain.sh: the command that is built without other libraries (PLAIN) prints what the whole one
# (LINNET) prints; where they are for another processor, EMULATOR runs them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
examples=$here/../../examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "$1"
    failed=$((failed + 1))
}
same() { # arguments
    ${EMULATOR:-} "$LINNET" "$@" >"$work/whole" 2>&1
    whole=$?
    ${EMULATOR:-} "$PLAIN" "$@" >"$work/plain" 2>&1
    plain=$?
    [ $whole -eq $plain ] && cmp -s "$work/whole" "$work/plain" ||
        { diff "$work/whole" "$work/plain" | head -n 10; fail "linnet $*: $whole, $plain"; }
}

for model in "$examples"/*/*.tflite "$here"/../data/*.tflite; do
    same inspect --json "$model"
    same run --json --top 3 "$model"
done
same inspect --graph "$examples/digits/digits_int8.tflite"
same run "$examples/digits/digits_int8.tflite" --input "$work/none.npy"

# A file of JSON, whose times are in another order each run, is read by both.
model=$examples/digits/digits_float32.tflite
quick="--num_runs=3 --min_secs=0 --warmup_min_secs=0"
for command in "$LINNET" "$PLAIN"; do
    ${EMULATOR:-} "$command" benchmark --graph="$model" $quick --json="$work/run.json" \
        --report="$work/page.html" >/dev/null || fail "$command benchmark --json"
    for reader in "$LINNET" "$PLAIN"; do
        ${EMULATOR:-} "$reader" benchmark --graph="$model" $quick --compare "$work/run.json" \
            >"$work/out" || fail "$reader benchmark --compare of what $command wrote"
        grep -q "run.json" "$work/out" || fail "$reader does not name the file"
    done
    ${EMULATOR:-} "$command" bench "$model" --json --runs 2 >"$work/bench" || fail "$command bench"
    sed 's/:[^,}]*//g' "$work/bench" >"$work/keys.$(basename "$command")"
done
cmp "$work"/keys.* || fail "bench --json has other keys"
for text in '' '{' '[1,2' '{"runs_ms":[1,]}' '{"runs_ms":"x"}' '{"a" 1}' '"\u00' 'nul' '[[[[[[['; do
    printf '%s' "$text" >"$work/bad.json"
    ${EMULATOR:-} "$PLAIN" benchmark --graph="$model" $quick --compare "$work/bad.json" \
        >"$work/out" 2>&1
    [ $? -eq 1 ] || fail "benchmark --compare took '$text'"
done

${EMULATOR:-} "$PLAIN" check "$here" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q 'without libzip' "$work/out" || fail "check is there"
: >"$work/image.png"
${EMULATOR:-} "$PLAIN" run "$model" --image "$work/image.png" >"$work/out" 2>&1
[ $? -eq 1 ] && grep -q 'reads no images' "$work/out" || fail "it takes images"
[ $failed -eq 0 ] && echo "plain.sh: all passed"
exit $failed
