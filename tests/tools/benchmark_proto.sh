#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# benchmark_proto.sh: what benchmark_model writes as protocol buffers, read back by protoc with the
# messages of benchmark.proto.  Exit code 77: there is no protoc.
set -u
here=$(cd "$(dirname "$0")" && pwd)
command -v protoc >/dev/null || { echo "skipped: there is no protoc"; exit 77; }
digits=$here/../../examples/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

bench() { # flags...
    ${EMULATOR:-} "$BENCHMARK" --num_runs=3 --min_secs=0 --warmup_min_secs=0 "$@" \
        >"$work/log" 2>&1 || { echo "benchmark_model $* failed:"; cat "$work/log"; exit 1; }
}
read_as() { # message, file
    protoc --decode="linnet.$1" -I "$here" benchmark.proto <"$2" >"$work/text" 2>"$work/errors" ||
        { echo "$2 is no $1:"; cat "$work/errors"; failed=$((failed + 1)); }
    # a field that the message does not have is printed by its number
    if grep -nE '^ *[0-9]+[: ]' "$work/text"; then
        echo "$2 has fields that $1 does not"
        failed=$((failed + 1))
    fi
}
has() { # pattern, how many lines must match (or "some")
    found=$(grep -cE "$1" "$work/text")
    if [ "$found" != "${2:-some}" ] && ! { [ "${2:-some}" = some ] && [ "$found" -gt 0 ]; }; then
        echo "'$1' is on $found lines, not on ${2:-some}, of:"
        cat "$work/text"
        failed=$((failed + 1))
    fi
}

bench --graph="$digits/digits_float32.tflite" --result_file_path="$work/result" \
    --benchmark_name=digits --report_peak_memory_footprint --op_profiling_output_mode=proto \
    --op_profiling_output_file="$work/profile" --enable_op_profiling \
    --export_model_runtime_info --model_runtime_info_output_file="$work/info" \
    --output_proto_filepath="$work/example"

read_as BenchmarkResult "$work/result"
has '^name: "digits"' 1
has '^  (avg|min|max|median|p5|p95|init|first_inference|average_warm_up)_ms: [0-9.e-]+$' 9
has '^  (init|overall)_footprint_kb: [0-9]+$' 2
has '^  peak_mem_mb: [0-9.]+$' 1
has '^  num_runs: 3$' 1
has '^  num_warmup_runs: 1$' 1
has '^  model_size_mb: 0\.0' 1
has '^  model_throughput_in_mb_per_sec: [0-9]' 1

read_as BenchmarkProfilingData "$work/profile"
has '^init_profile \{' 1
has '^runtime_profile \{' 1
has 'node_type: "AllocateTensors"' 1
has 'node_type: "CONV_2D' some
has 'delegate_profiles' 0
has '^        count: 3$' some

bench --graph="$digits/digits_float32.tflite" --op_profiling_output_mode=proto \
    --op_profiling_output_file="$work/profile" --enable_op_profiling --use_xnnpack=true
read_as BenchmarkProfilingData "$work/profile"
has '^  delegate_profiles' 1
has 'node_type: "DelegateOpInvoke"' some
has 'name: "Delegate/CONV_2D:[0-9]+"' some

read_as ModelRuntimeDetails "$work/info"
has '^  subgraph_type: TFLITE_SUBGRAPH' 1
has '^    shape: 8$' some
has 'allocation_type: "kTfLiteMmapRo"' some
has '^  execution_plan: [0-9]+$' some
has 'tflite_node_ids_replaced: [0-9]+$' some
has 'delegated_to_node_id: [0-9]+$' some

# The outputs are those that output_filepath writes.
read_as Example "$work/example"
has 'float_list \{' 1
has '^ *value: [0-9.e-]+$' 10
bench --graph="$digits/digits_int8.tflite" --output_proto_filepath="$work/example" \
    --output_filepath="$work/raw"
read_as Example "$work/example"
has 'int64_list \{' 1
od -An -v -t d1 "$work/raw" | tr -s ' ' '\n' | grep . >"$work/bytes"
sed -n 's/^ *value: \(-*[0-9]*\)$/\1/p' "$work/text" | diff - "$work/bytes" ||
    failed=$((failed + 1))

# Without a file the same comes as text.
bench --graph="$digits/digits_float32.tflite" --op_profiling_output_mode=proto \
    --enable_op_profiling
sed -n '/^INFO: model_name/,$p' "$work/log" | sed '1s/^INFO: //' >"$work/debug"
protoc --encode=linnet.BenchmarkProfilingData -I "$here" benchmark.proto <"$work/debug" \
    >/dev/null || { echo "not the text of a message"; failed=$((failed + 1)); }

echo "benchmark_proto.sh: $failed failed"
[ $failed -eq 0 ]
