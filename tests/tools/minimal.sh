#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# minimal.sh: a library built for one model (LINNET_MODELS), with one instruction set, gives what
# the whole library gives, has all of the C interface, runs other types and weaker processors by its
# references, refuses models with other operators, and is small.
#
#   minimal.sh FULL OTHER    FULL: build folder of the whole library; OTHER: a model with operators
#                            that the digits models lack
set -eu
full=$1 other=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
digits=$root/examples/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache

cat >"$work/scores.c" <<'END'
#include <stdio.h>
#include "tensorflow/lite/c/c_api.h"
int main(int argc, char **argv)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(argv[argc - 1]);
    TfLiteInterpreter *it = model ? TfLiteInterpreterCreate(model, NULL) : NULL;
    if (!it || TfLiteInterpreterAllocateTensors(it) != kTfLiteOk)
        return 3;
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(it, 0);
    unsigned char *to = TfLiteTensorData(x);
    for (size_t i = 0; i < TfLiteTensorByteSize(x); i++)
        if (TfLiteTensorType(x) == kTfLiteFloat32)
            to[i] = i % 4 == 3 ? 63 : 0;
        else
            to[i] = (unsigned char)(37 * i);
    if (TfLiteInterpreterInvoke(it) != kTfLiteOk)
        return 4;
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(it, 0);
    const unsigned char *from = TfLiteTensorData(y);
    for (size_t i = 0; i < TfLiteTensorByteSize(y); i++)
        printf("%02x", from[i]);
    printf("\n");
    return 0;
}
END

build() { # folder, option...
    folder=$1
    shift
    cmake -S "$root" -B "$work/$folder" $launcher -DLINNET_TOOLS=OFF -DLINNET_WERROR=ON "$@" \
        >"$work/log" 2>&1 &&
        cmake --build "$work/$folder" --target linnet -j 2 >>"$work/log" 2>&1 ||
        { tail -n 40 "$work/log"; exit 1; }
}
program() { # name, folder of the library
    ${CC:-cc} -std=c11 "$work/scores.c" -I"$root/include" -L"$2" -llinnet -Wl,-rpath,"$2" \
        -o "$work/scores_$1"
}

build small "-DLINNET_MODELS=$digits/digits_int8.tflite"
program full "$(cd "$full" && pwd)"
program small "$work/small"
"$work/scores_full" "$digits/digits_int8.tflite" >"$work/wanted"
"$work/scores_small" "$digits/digits_int8.tflite" | diff - "$work/wanted"
LINNET_CPU=portable "$work/scores_small" "$digits/digits_int8.tflite" | diff - "$work/wanted"
# a type that the library was not built for
"$work/scores_small" "$digits/digits_float32.tflite" >"$work/float32"
grep -qE '^[0-9a-f]{80}$' "$work/float32"
"$work/scores_full" "$other" >/dev/null
code=0
"$work/scores_small" "$other" >/dev/null || code=$?
[ "$code" -eq 3 ]

sh "$root/tests/capi/symbols.sh" "$work/small/liblinnet.so" "$root/tests/abi/symbols.txt"
for library in "$work/small" "$full"; do
    ${STRIP:-strip} -o "$work/stripped" "$library/liblinnet.so"
    size=$(wc -c <"$work/stripped")
    echo "$library/liblinnet.so: $size bytes"
    limit=2500000
    [ "$library" = "$full" ] || limit=300000
    [ "$size" -le "$limit" ]
done

# for Android the libraries load with pages of 16 kB
build small "-DLINNET_MODELS=$digits/digits_int8.tflite" -DANDROID=ON
cmake --build "$work/small" --target tensorflowlite_c >"$work/log"
for library in liblinnet.so libtensorflowlite_c.so; do
    pages=$(${READELF:-readelf} -lW "$work/small/$library" |
        awk '$1 == "LOAD" { print $NF }' | sort -u)
    [ "$pages" = 0x4000 ] || { echo "$library: pages of $pages"; exit 1; }
done
