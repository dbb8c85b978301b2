#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# quantize.sh: `linnet quantize`, `calibrate` and `compare` on the digits model and its images.
# LINNET is the command; where it is for another processor, EMULATOR runs it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
digits=$here/../../examples/digits
model=$digits/digits_float32.tflite
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # code, pattern that a line must match, arguments...
    code=$1 text=$2
    shift 2
    ${EMULATOR:-} "$LINNET" "$@" >"$work/out" 2>&1
    got=$?
    if [ $got -ne "$code" ] || { [ "$text" ] && ! grep -qe "$text" "$work/out"; }; then
        echo "linnet $*: exit code $got, wanted $code and '$text'; it printed:"
        cat "$work/out"
        failed=$((failed + 1))
    fi
}

for mode in dynamic weight-only float16 bfloat16 int8 int16x8; do
    expect 0 "$mode.tflite: [0-9]* bytes" quantize "$model" --mode $mode --data "$digits" \
        --output "$work/$mode.tflite"
    expect 0 "same in 5 (100.0 %)" compare "$model" "$work/$mode.tflite" --data "$digits"
done
expect 0 "int4.tflite" quantize "$model" --mode weight-only --bits 4 --min-items 64 \
    --output "$work/int4.tflite"
expect 0 "same in 5 (100.0 %)" compare "$model" "$work/int4.tflite" --data "$digits"
expect 0 "u8.tflite" quantize "$model" --mode int8 --data "$digits" --strict --input-type uint8 \
    --output-type uint8 --output "$work/u8.tflite"
expect 0 "output .*UINT8" inspect "$work/u8.tflite"

# ---- statistics: parts add up to the whole ----
expect 0 "only 5 samples" calibrate "$model" --data "$digits" --output "$work/all"
for i in 0 3 4 7 8; do
    expect 0 "only 1 samples" calibrate "$model" --data "$digits/digit$i.png" --output "$work/$i"
done
expect 0 "" calibrate --merge "$work/8" "$work/0" "$work/7" "$work/3" "$work/4" \
    --output "$work/sum"
cmp "$work/all" "$work/sum" || failed=$((failed + 1))
for threads in 1 3; do # of five samples two go without a third
    expect 0 "" calibrate "$model" --data "$digits" --threads $threads --output "$work/threads"
    cmp "$work/all" "$work/threads" || failed=$((failed + 1))
done
expect 0 "s8.tflite" quantize "$model" --mode full-int8 --stats "$work/sum" \
    --output "$work/s8.tflite"
cmp "$work/s8.tflite" "$work/int8.tflite" || failed=$((failed + 1))

# ---- layers ----
expect 0 "SOFTMAX" compare "$model" "$work/int8.tflite" --data "$digits" --csv "$work/layers.csv"
grep -q '^op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,mean_squared_error,' \
    "$work/layers.csv" || failed=$((failed + 1))
[ "$(grep -c CONV_2D "$work/layers.csv")" -ge 3 ] || failed=$((failed + 1))

# ---- the error of each operator ----
expect 0 "worst alone: CONV_2D" quantize "$model" --mode int8 --data "$digits" --std 255 --debug \
    --csv "$work/debug.csv" --json "$work/debug.json" --report "$work/debug.html"
[ "$(grep -c '^[4-9][0-9.]* .*CONV_2D\|^ *[3-9][0-9.]* .*CONV_2D' "$work/out")" -ge 4 ] ||
    failed=$((failed + 1))
columns=op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,mean_squared_error
head -n 1 "$work/debug.csv" | grep -q "^$columns,scale,zero_point,tensor_name," ||
    failed=$((failed + 1))
[ "$(grep -c '^FULLY_CONNECTED,[0-9]*,10,' "$work/debug.csv")" -eq 1 ] || failed=$((failed + 1))
grep -q '"weight_sqnr":4' "$work/debug.json" || failed=$((failed + 1))
grep -q '"op_name":"SOFTMAX"' "$work/debug.html" || failed=$((failed + 1))
if grep -q '@[A-Z]*@' "$work/debug.html"; then failed=$((failed + 1)); fi
expect 1 "is for the modes" quantize "$model" --debug --data "$digits"

# ---- the budget ----
expect 0 "with all that can be in integers" quantize "$model" --mode int8 --data "$digits" \
    --max-drop 100% --output "$work/cheap.tflite"
cmp "$work/cheap.tflite" "$work/int8.tflite" || failed=$((failed + 1))
expect 0 "of [0-9]* operators in float" quantize "$model" --mode int8 --data "$digits" \
    --max-drop 0.2% --metric rmse --output "$work/exact.tflite"
expect 0 "DEQUANTIZE\|CONV_2D" inspect "$work/exact.tflite"
expect 1 "is no number" quantize "$model" --mode int8 --data "$digits" --max-drop few \
    --output "$work/x"

# ---- classes by folder and by line; another runtime, another delegate ----
for pair in 0:zero 3:three 4:four 7:seven 8:eight; do
    mkdir -p "$work/tree/${pair#*:}"
    cp "$digits/digit${pair%:*}.png" "$work/tree/${pair#*:}/${pair%:*}.PNG"
    echo "${pair#*:}/${pair%:*}.PNG,${pair%:*}" >>"$work/lines.csv"
done
printf '%s\n' zero one two three four five six seven eight nine >"$work/names"
s8=$work/scaled8.tflite u8=$work/scaled_u8.tflite
expect 0 "" quantize "$model" --mode int8 --data "$digits" --std 255 --output "$s8"
expect 0 "" quantize "$model" --mode int8 --data "$digits" --std 255 --input-type uint8 \
    --output "$u8"
right="right: 100.0 % and 100.0 %"
expect 0 "$right" compare "$model" "$s8" --data "$work/tree" --std 255 --labels folders \
    --classes "$work/names"
expect 0 "$right" compare "$model" "$s8" --data "$work/tree" --std 255 --labels "$work/lines.csv"
expect 0 "^2 samples" compare "$model" "$s8" --data "$work/tree" --std 255 --samples 2 \
    --labels "$work/lines.csv"
expect 0 "right: 0.0 % and 0.0 %" compare "$model" "$s8" --data "$work/tree/four" --std 255 \
    --labels folders # alone, it is class 0
head -n 3 "$work/names" >"$work/few"
expect 1 "is none of the 3 classes" compare "$model" "$s8" --data "$work/tree" --labels folders \
    --classes "$work/few"
head -n 2 "$work/lines.csv" >"$work/short.csv"
expect 1 "has no class, or more than one, for sample" compare "$model" "$s8" --data "$work/tree" \
    --labels "$work/short.csv"
expect 0 "^none  *100.00 %" compare "$s8" --other-delegate none --data "$digits" --std 255
if [ -n "${RUNTIME:-}" ]; then
    expect 0 "^none  *100.00 %" compare "$s8" --other-runtime "$RUNTIME" --data "$digits" --std 255
fi
expect 1 "cannot open\|No such file" compare "$s8" --other-runtime "$work/no.so" --data "$digits"
expect 2 "takes two models" compare "$s8" --data "$digits"
expect 0 "same in 5 (100.0 %)" compare "$u8" "$model" --data "$digits" --std 255

# ---- what is wrong ----
expect 1 "need a calibration" quantize "$model" --mode int8 --output "$work/x"
expect 2 "not dynamic, .* or full-int8" quantize "$model" --mode int7 --output "$work/x"
expect 2 "takes one model" quantize "$model"
expect 1 "no file of statistics" quantize "$model" --mode int8 --stats "$model" --output "$work/x"
expect 1 "another model" quantize "$work/float16.tflite" --mode int8 --stats "$work/all" \
    --output "$work/x"
expect 1 "do not go with this mode" quantize "$model" --input-type int8 --output "$work/x"

[ $failed -eq 0 ] && echo "quantize: all as it should be"
exit $failed
