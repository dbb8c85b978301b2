#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh: every header under include/ compiles alone as C99, C11 and C++17, without a
# warning.  CC and CXX choose the compilers.  Exits 1 when one does not.
set -u
cd "$(dirname "$0")/../include" || exit 1
warn="-Wall -Wextra -Werror -pedantic-errors -Wundef"
failed=0

for header in $(find . -name '*.h' | sort); do
    header=${header#./}
    for std in c99 c11; do
        echo "#include \"$header\"" | ${CC:-cc} -std=$std $warn -Wstrict-prototypes -I. \
            -fsyntax-only -x c - || { echo "$header: not $std"; failed=1; }
    done
    echo "#include \"$header\"" | ${CXX:-c++} -std=c++17 $warn -I. -fsyntax-only -x c++ - ||
        { echo "$header: not c++17"; failed=1; }
done

# Some programs take only these files out of a folder of headers (the Rust crate tflitec does).
part=$(mktemp -d)
trap 'rm -rf "$part"' EXIT
for header in lite/c/c_api.h lite/core/c/c_api.h lite/core/c/c_api_types.h lite/core/c/common.h \
    lite/core/c/operator.h lite/core/async/c/types.h lite/builtin_ops.h \
    lite/delegates/xnnpack/xnnpack_delegate.h compiler/mlir/lite/core/c/tflite_types.h; do
    mkdir -p "$part/tensorflow/$(dirname $header)"
    cp "tensorflow/$header" "$part/tensorflow/$header"
done
for header in lite/c/c_api.h lite/delegates/xnnpack/xnnpack_delegate.h; do
    echo "#include \"tensorflow/$header\"" |
        ${CC:-cc} -std=c11 $warn -I"$part" -fsyntax-only -x c - ||
        { echo "$header: includes more than other headers of its set"; failed=1; }
done
exit $failed
