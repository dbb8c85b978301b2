#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# benchmark.sh: flags and lines of benchmark_model.  BENCHMARK is the program, LINNET the command,
# PLUGIN an external delegate, MODELS has small models; where they are for another processor,
# EMULATOR runs them.  No line depends on times.
set -u
here=$(cd "$(dirname "$0")" && pwd)
digits=$here/../../examples/digits
model=$digits/digits_float32.tflite
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
    grep -qe "$1" "$work/out" || { echo "no line '$1'"; cat "$work/out"; failed=$((failed + 1)); }
}
never() { # pattern that must not be there
    ! grep -qe "$1" "$work/out" || { echo "a line '$1'"; failed=$((failed + 1)); }
}

# ---- the command line ----
expect 1 '^ERROR: Please specify the name of your TF Lite input file with --graph'
expect 1 "^ERROR: Failed to parse flag 'num_threads'" --graph="$model" --num_threads=many
also '^Flags:'
expect 1 '^ERROR: Benchmarking failed' --graph="$work/nosuch"
# a part of an open file, and a pipe, which several sessions share
bytes=$(wc -c <"$model")
{ head -c 4099 /dev/zero && cat "$model" && echo behind; } >"$work/packed"
exec 3<"$work/packed"
expect 0 "^INFO: Loaded model fd:3:4099:$bytes" --graph="fd:3:4099:$bytes"
expect 0 'count=2' --graph="fd:3:4099:$bytes" --max_delegated_partitions=1
expect 0 'Signature Key: serving_default' --graph="fd:3:4099:$bytes" --list_signatures
expect 1 "^ERROR: the file has $((bytes + 4106)) bytes, not $((bytes + 8)) from 4099 on" \
    --graph="fd:3:4099:$((bytes + 8))"
expect 1 'ERROR: .*model' --graph="fd:3:4098:$bytes"
exec 3<&-
expect 1 '^ERROR: file descriptor 3 is not open' --graph=fd:3:0:8
for text in fd: fd:3 fd:3:0 fd:3:0:8:9 fd:3:0:x pipe:0:8; do
    expect 1 '^ERROR: wanted are fd:FD:OFFSET:BYTES' --graph=$text
done
expect 0 'count=2' --graph="pipe:0:-1:$bytes" --max_delegated_partitions=1 <"$model"
expect 1 "^ERROR: the pipe 0 ended after $bytes of 999999 bytes" --graph=pipe:0:-1:999999 \
    <"$model"
expect 1 'Output mode xml is not supported' --graph="$model" --enable_op_profiling \
    --op_profiling_output_mode=xml
expect 0 '--num_runs=50' --help
expect 0 '^WARN: Unconsumed cmdline flags: --frob=1 word' --graph="$model" --frob=1 word
expect 0 '^INFO: Use NNAPI: \[0\]' --graph="$model" --verbose
also '^INFO: Min runs duration (seconds): \[0\]'
# every flag of TensorFlow Lite's tools is known, with its default
${EMULATOR:-} "$BENCHMARK" --help 2>&1 | sed -n 's/^	\(--[^ 	]*\)[ 	].*/\1/p' >"$work/help"
while IFS='	' read -r flag _; do
    grep -qxF -e "--$flag" "$work/help" || { echo "no flag $flag"; failed=$((failed + 1)); }
done <"$here/benchmark_flags.txt"

# ---- TensorFlow Lite's lines ----
expect 0 '^INFO: STARTING!' --graph="$model" --report_peak_memory_footprint=true
while read -r line; do
    also "^INFO: $line"
done <<'END'
Log parameter values verbosely: \[0\]
Min num runs: \[2\]
Graph: \[
Signature to run: \[\]
Loaded model
The input model file size (MB): 0\.0
Initialized session in [0-9.]*ms\.$
Running benchmark for at least 1 iterations and at least 0 seconds but terminate if exceeding 150
count=1 curr=[0-9]* p5=[0-9]* median=[0-9]* p95=[0-9]*$
Running benchmark for at least 2 iterations
Inference timings in us: Init: [0-9]*, First inference: [0-9]*, Warmup (avg): [0-9.]*
Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE
Memory footprint delta from the start of the tool (MB): init=[0-9.]* overall=[0-9.]*$
Overall peak memory footprint (MB) via periodic monitoring: [0-9.]*$
Memory status at the end of exeution:
- VmRSS              : [0-9]* MB$
+ RssAnnon           : [0-9]* MB$
+ RssFile + RssShmem : [0-9]* MB$
END
also '^Inference (avg): .*ms$'
also '^Inference (std): .*ms$'
also '^Memory footprint: .*MB$'
expect 0 'count=40 first=[0-9]* curr=[0-9]* min=[0-9]* max=[0-9]* avg=[0-9.e+]* std=[0-9]* p5=' \
    --graph="$model" --num_runs=40 --output_prefix=mine:
also '^mine:Inference (avg)'
never 'periodic monitoring'
expect 0 'at least 0 iterations and at least -1 seconds' --graph="$model" --dry_run=true
also '^INFO: count=0 p5=0 median=0 p95=0'
expect 0 'count=3 ' --graph="$model" --num_runs=3 --run_frequency=100
expect 0 'it will be set to the default value 50' --graph="$model" \
    --report_peak_memory_footprint --memory_footprint_check_interval_ms=0

# ---- delegates ----
expect 0 '^WARN: GPU acceleration is unsupported on this platform' --graph="$model" --use_gpu=true
expect 0 '^WARN: NNAPI acceleration is unsupported' --graph="$model" --use_nnapi=true
expect 0 '^INFO: XNNPACK delegate created' --graph="$model" --use_xnnpack=true
also '^INFO: Explicitly applied XNNPACK delegate, and the model graph will be '
expect 1 'Disallowed CPU fallback detected' --graph="$model" --require_full_delegation
expect 1 'external delegate' --graph="$model" --external_delegate_path="$work/nosuch.so"
if [ -n "${PLUGIN:-}" ]; then
    expect 0 'Going to apply 2 delegates one after another' --graph="$model" --use_xnnpack=true \
        --external_delegate_path="$PLUGIN" --external_delegate_options='a:1;b:2'
    sed -n '/EXTERNAL delegate is\|applied EXTERNAL\|applied XNNPACK/p' "$work/out" |
        sed 1q | grep -q XNNPACK || { echo "not in order"; failed=$((failed + 1)); }
fi
kernels() { sed -n 's/.*w\/ \([0-9]*\) delegate kernels.*/\1/p' "$work/out"; }
expect 0 'delegate kernels' --graph="$model" --use_xnnpack=true --last_delegate_node_index=0
[ "$(kernels)" = 1 ] || { echo "last_delegate_node_index: $(kernels)"; failed=$((failed + 1)); }
also '^INFO: Explicitly applied XNNPACK delegate, and the model graph will be partially executed'
also ' by the delegate w/ 1 delegate kernels\.$'
expect 0 'Though XNNPACK delegate is explicitly applied, the model graph will not be executed' \
    --graph="$model" --use_xnnpack=true --min_nodes_per_partition=1000
expect 0 'XNNPACK delegate' --graph="$model" --use_xnnpack=true --max_delegated_partitions=1

# ---- signatures and inputs ----
expect 0 '^INFO: Using signature: serving_default' --graph="$model"
if [ -n "${MODELS:-}" ]; then # those of tests/capi/make_models.c
    [ -z "${PLUGIN:-}" ] || expect 0 \
        'Explicitly applied EXTERNAL delegate, and the model graph will be completely executed' \
        --graph="$MODELS/add.tflite" --external_delegate_path="$PLUGIN" --require_full_delegation
    expect 0 'The Model contains 0 signature key' --graph="$MODELS/add.tflite" --list_signatures
    never 'Running benchmark'
    expect 1 'does not have any signatures' --graph="$MODELS/add.tflite" \
        --signature_to_run_for=nosuch
    two=$MODELS/signatures.tflite
    expect 0 '^INFO: -> Signature Key: product' --graph="$two" --list_signatures
    expect 1 '^ERROR:  #> Signature key: sum' --graph="$two"
    expect 0 '^INFO: Using signature: product' --graph="$two" --signature_to_run_for=product \
        --enable_op_profiling
    also '^Primary graph (name: .*) profile:'
    also '^Subgraph (index: 1, name: .*) profile:'
    also 'MUL'
    expect 0 'count=2 ' --graph="$MODELS/dynamic.tflite" --release_dynamic_tensors=true
fi
expect 1 'must match the number of items' --graph="$model" --input_layer=nosuch
expect 0 'named .* but flags call it other' --graph="$model" --input_layer=other \
    --input_layer_shape=1,8,8,1
# a fixed dimension of a signature's input may change; what this model does not take is its RESHAPE
expect 1 'Failed to allocate tensors' --graph="$model" --input_layer=x --input_layer_shape=3,8,8,1
also 'the input has 576 items, the new shape 192'
if [ -n "${MODELS:-}" ]; then
    expect 0 'count=2' --graph="$MODELS/signatures.tflite" --signature_to_run_for=sum \
        --input_layer=a,b --input_layer_shape=7:7
fi
expect 1 'should have 4 dimensions' --graph="$model" --input_layer=other --input_layer_shape=1,8
expect 1 'must be replaced' --graph="$model" --input_layer=x --input_layer_shape=-1,8,8,1
expect 1 'Wrong input value range item' --graph="$model" --input_layer_value_range=a,b
expect 1 'Cannot find the corresponding input_layer name(nosuch)' --graph="$model" \
    --input_layer_value_range=nosuch,0,1
expect 1 'Wrong low and high value' --graph="$model" --input_layer=x --input_layer_shape=1,8,8,1 \
    --input_layer_value_range=x,2,1
expect 1 'Wrong input value file item' --graph="$model" --input_layer_value_files=nocolon
head -c 256 /dev/zero >"$work/a:b"
for n in 1 2; do
    expect 0 'count=2' --graph="$model" --input_layer=x --input_layer_shape=1,8,8,1 \
        --input_layer_value_files="x:$work/a::b" --output_filepath="$work/outputs$n"
done
cmp "$work/outputs1" "$work/outputs2" || failed=$((failed + 1))
[ "$(wc -c <"$work/outputs1")" -eq 40 ] || { echo "not 10 floats"; failed=$((failed + 1)); }

# ---- state and profile ----
expect 0 'Printing out TfLite interpreter pre-invoke state begins' --graph="$model" \
    --print_preinvoke_state --print_postinvoke_state --tensor_name_display_length=6
also '^Interpreter has 1 subgraphs'
also '^1 Inputs: \[[0-9]*\] -> 256B'
also '^Tensor   [0-9] ...... *kTfLiteFloat32 '
also '^Node   0 Operator '
also '^Execution plan as the list of [0-9]* nodes'
also '^- Total arena memory usage: [0-9]* bytes'
also 'post-invoke state ends'
expect 0 'Summary by node type' --graph="$model" --enable_op_profiling=true
also '^INFO: Profiling Info for Benchmark Initialization:'
also '^INFO: Operator-wise Profiling Info for Regular Benchmark Runs:'
also '^============================== Run Order ==============================$'
also '^============================== Top by Computation Time ==============================$'
also '\[node type\].*\[start\].*\[first\].*\[avg ms\].*\[%\].*\[cdf%\].*\[mem KB\]'
also '\[times called\].*\[Name\]$'
also 'Warmup (avg): [0-9.]*, Inference (avg): [0-9.]*$'
also 'AllocateTensors/0$'
also '^Number of nodes executed: [0-9]*$'
also '^Timings (microseconds): count=2 '
also '^Memory (bytes): count=0$'
also '^[0-9]* nodes observed$'
also '^Peak of this machine, measured: [0-9.]* GFLOP/s with 1 thread'
also 'CONV_2D.*engine.*%.*\[.*\]:[0-9]*$'
expect 0 'count=2' --graph="$model" --enable_op_profiling --op_profiling_output_mode=csv \
    --op_profiling_output_file="$work/profile"
cp "$work/profile" "$work/out"
also '^node type, start, first, avg_ms, %, cdf%, mem KB, times called, name$'
also '^node type, count, avg_ms, avg %, cdf %, mem KB, times called$'
also '^CONV_2D'
never 'Delegate internal'
expect 0 '^Delegate internal: $' --graph="$model" --enable_op_profiling --use_xnnpack=true
also '	        DelegateOpInvoke	.*%	.*	Delegate/CONV_2D:[0-9]*$'
expect 0 'count=2' --graph="$model" --profiling_output_csv_file="$work/old" --enable_op_profiling
cmp -s "$work/old" /dev/null && { echo "no csv"; failed=$((failed + 1)); }

# ---- beyond TensorFlow Lite ----
expect 0 '^INFO: Report: ' --graph="$model" --report="$work/page.html" --json="$work/a.json"
if command -v python3 >/dev/null; then
    python3 "$here/benchmark_json.py" "$work/page.html" "$work/a.json" || failed=$((failed + 1))
fi
expect 0 'B takes [0-9.]* of the time of A (95% confidence: .*unpaired)' --graph="$model" \
    --compare "$work/a.json"
echo '{"runs": 1}' >"$work/other.json"
expect 1 'has no "runs_ms"' --graph="$model" --compare="$work/other.json"
expect 1 'nosuch.json' --graph="$model" --compare="$work/nosuch.json"
expect 0 'by pairs of runs in turn' --graph="$model" --num_runs=30 \
    --compare use_xnnpack=true use_xnnpack=false,num_threads=1
expect 0 'digits_int8.tflite$' --compare "$model" "$digits/digits_int8.tflite"
expect 1 'there is no flag' --graph="$model" --compare frob=1 frob=2
expect 1 'takes two' --compare "$model"
expect 0 'Summary of All Runs w/ Different Performance Options' --graph="$model" \
    --perf_options_list=all
also 'cpu w/ 2 threads: count='
also 'cpu w/ 4 threads (xnnpack): count='
# TensorFlow Lite's second program: there "all" is what is tried
program=$BENCHMARK
BENCHMARK=${BENCHMARK}_performance_options
expect 0 '^INFO: The list of TFLite runtime options to be benchmarked: \[all\]' --graph="$model"
also 'cpu w/ 1 threads: count='
BENCHMARK=$program
expect 1 'invalid perf options' --graph="$model" --perf_options_list=cpu,tpu
expect 1 "can not be used together" --graph="$model" --perf_options_list=cpu,none
expect 0 'as given: count=' --graph="$model" --perf_options_list=none

# SIGINT ends the runs; what was measured is printed.
${EMULATOR:-} "$BENCHMARK" --graph="$model" --min_secs=60 --warmup_min_secs=0 >"$work/out" 2>&1 &
child=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -q 'at least 50 iterations' "$work/out" && break
    sleep 0.5
done
kill -INT $child
wait $child
[ $? -eq 130 ] || { echo "SIGINT: another exit code"; failed=$((failed + 1)); }
also '^INFO: Inference timings in us'

${EMULATOR:-} "$LINNET" benchmark --help | grep -q STARTING || failed=$((failed + 1))

echo "benchmark.sh: $failed failed"
[ $failed -eq 0 ]
