#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# benchmark.sh: flags and lines of benchmark_model.  BENCHMARK is the program, LINNET the command;
# where they are for another processor, EMULATOR runs them.  No line depends on times.
set -u
here=$(cd "$(dirname "$0")" && pwd)
model=$here/../../examples/digits/digits_float32.tflite
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # code, pattern that a line must match, flags...
    code=$1 text=$2
    shift 2
    ${EMULATOR:-} "$BENCHMARK" --num_runs=2 --min_secs=0 --warmup_min_secs=0 "$@" >"$work/out" 2>&1
    got=$?
    if [ $got -ne "$code" ] || ! grep -qe "$text" "$work/out"; then
        echo "benchmark_model $*: exit code $got, wanted $code and '$text'; it printed:"
        cat "$work/out"
        failed=$((failed + 1))
    fi
}

also() { # pattern in the output of the last expect
    grep -qe "$1" "$work/out" || { echo "no line '$1'"; failed=$((failed + 1)); }
}

expect 1 '^ERROR: Required flag not provided: graph'
expect 1 "^ERROR: Failed to parse flag 'num_threads'" --graph="$model" --num_threads=many
expect 1 '^ERROR: Benchmarking failed' --graph="$work/nosuch"
expect 1 'proto.*is not supported' --graph="$model" --op_profiling_output_mode=proto
expect 0 'num_runs=' --help
expect 0 '^INFO: STARTING!' --graph="$model" --report_peak_memory_footprint=true
for line in 'Log parameter values verbosely: \[0\]' 'Min num runs: \[2\]' 'Graph: \[' \
    'Loaded model ' 'The input model file size (MB): ' 'Initialized session in .*ms\.$' \
    'Running benchmark for at least 1 iterations and at least 0 seconds' 'count=1 first=' \
    'Running benchmark for at least 2 iterations' 'count=2 first=.* avg=.* std=' \
    'Inference timings in us: Init: .*, First inference: .*, Warmup (avg): .*, Inference (avg): ' \
    'Memory footprint delta from the start of the tool (MB): init=.* overall=' \
    'Overall peak memory footprint (MB)'; do
    also "^INFO: $line"
done
also '^Inference (avg): .*ms$'
also '^Inference (std): .*ms$'
also '^Memory footprint: .*MB$'
expect 0 '^WARN: Unconsumed cmdline flags: --frob=1' --graph="$model" --frob=1
expect 0 '^WARN: The GPU delegate is not in this build' --graph="$model" --use_gpu=true
expect 0 'XNNPACK delegate' --graph="$model" --use_xnnpack=true
expect 1 'external delegate' --graph="$model" --external_delegate_path="$work/nosuch.so"
expect 0 'signature key' --graph="$model" --list_signatures=true
expect 1 'nosuch' --graph="$model" --signature_to_run_for=nosuch
expect 1 'Failed to find input tensor "nosuch"' --graph="$model" --input_layer=nosuch \
    --input_layer_shape=1,2
expect 1 'as many items' --graph="$model" --input_layer=nosuch
expect 1 'Wrong input value range' --graph="$model" --input_layer_value_range=a,b
expect 0 'count=0' --graph="$model" --dry_run=true
expect 0 'Summary by node type' --graph="$model" --enable_op_profiling=true
also 'Top by Computation Time'
also '\[node type\].*\[times called\].*\[Name\]'
expect 0 'count=2' --graph="$model" --enable_op_profiling --op_profiling_output_mode=csv \
    --op_profiling_output_file="$work/profile" --output_filepath="$work/outputs"
cp "$work/profile" "$work/out"
also '^node type, start, first, avg_ms, %, cdf%, mem KB, times called, name$'
also '^CONV_2D, '
[ -s "$work/outputs" ] || { echo "no outputs"; failed=$((failed + 1)); }
${EMULATOR:-} "$LINNET" benchmark --help | grep -q STARTING || failed=$((failed + 1))

echo "benchmark.sh: $failed failed"
[ $failed -eq 0 ]
