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
exit $failed
