#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_tf_headers.sh HEADERS [BUILD]: programs that are compiled against TensorFlow Lite's own
# headers (a folder that holds tensorflow/lite/c/c_api.h) link with our library and run.  BUILD is
# a build folder with tests in it (default: build).  Run by hand: those headers are not part of
# this repository.  Two that the c_api.h of 2.14 and 2.16 includes are often left out of packages;
# where they are missing, stand-ins are written.  Programs that need functions or headers of later
# versions are left out.
set -eu
headers=${1:?usage: check_tf_headers.sh HEADERS [BUILD]}
build=${2:-build}
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$build" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
lite=tensorflow/lite

stand_in() {
    [ -e "$headers/$1" ] && return
    mkdir -p "$dir/$(dirname "$1")"
    cat >"$dir/$1"
}
stand_in $lite/core/async/c/types.h <<'END'
#include "tensorflow/lite/core/c/c_api_types.h"
typedef struct TfLiteAsyncKernel TfLiteAsyncKernel;
END
stand_in $lite/core/c/registration_external.h <<'END'
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/core/c/c_api_types.h"
typedef struct TfLiteRegistrationExternal TfLiteRegistrationExternal;
#ifdef __cplusplus
extern "C" {
#endif
TfLiteRegistrationExternal *TfLiteRegistrationExternalCreate(TfLiteBuiltinOperator code,
                                                             const char *name, int version);
void TfLiteRegistrationExternalDelete(TfLiteRegistrationExternal *r);
TfLiteBuiltinOperator TfLiteRegistrationExternalGetBuiltInCode(const TfLiteRegistrationExternal *r);
void TfLiteRegistrationExternalSetInit(TfLiteRegistrationExternal *r,
                                       void *(*init)(TfLiteOpaqueContext *, const char *, size_t));
void TfLiteRegistrationExternalSetFree(TfLiteRegistrationExternal *r,
                                       void (*release)(TfLiteOpaqueContext *, void *));
void TfLiteRegistrationExternalSetPrepare(
    TfLiteRegistrationExternal *r,
    TfLiteStatus (*prepare)(TfLiteOpaqueContext *, TfLiteOpaqueNode *));
void TfLiteRegistrationExternalSetInvoke(
    TfLiteRegistrationExternal *r,
    TfLiteStatus (*invoke)(TfLiteOpaqueContext *, TfLiteOpaqueNode *));
#ifdef __cplusplus
}
#endif
END

cd "$root"
# compile COMPILER STANDARD NAME SOURCE [OPTION...]: makes $dir/NAME
compile() {
    compiler=$1 std=$2 name=$3 source=$4
    shift 4
    "$compiler" -std="$std" -I"$headers" -I"$dir" \
        "$source" "$@" -o "$dir/$name" -L"$build" -llinnet \
        -Wl,-rpath,"$build"
    echo "$source: built"
}
cc=${CC:-cc} cxx=${CXX:-c++} models=$build/tests_capi

if [ -e "$headers/$lite/c/c_api_opaque.h" ]; then
    compile "$cc" c11 plugin_ops.so tests/capi/plugin_ops.c -shared -fPIC
    compile "$cc" c11 old_program tests/abi/old_program.c -ldl
    "$dir/old_program" "$models" "$dir/plugin_ops.so"
fi
if grep -q TfLiteModelCreateFromFileWithErrorReporter "$headers/$lite"/*/c_api.h \
    "$headers/$lite"/core/c/c_api.h 2>/dev/null; then
    compile "$cc" c11 classify examples/c/classify.c
    "$dir/classify" "$root/examples/digits/digits_float32.tflite"
fi
sed -n '/^```c$/,/^```$/p' "$root/README.md" | sed '1d;/^```$/,$d' >"$dir/program.c"
compile "$cc" c11 program "$dir/program.c"
"$dir/program" "$root/examples/digits/digits_float32.tflite"
# before 2.10 the structs of delegates are smaller than what the library reads
if grep -q registration_external "$headers/$lite"/c/common.h "$headers/$lite"/core/c/common.h \
    2>/dev/null; then
    compile "$cxx" c++17 delegate examples/c/delegate.cc
    "$dir/delegate" "$models/add.tflite"
fi
echo "check_tf_headers: all of them run"
