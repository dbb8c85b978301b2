#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ops_doc.sh: writes docs/ops.md, the list of operators, from the op table, the recorded cases and
# the engine's rows; with --check it only says whether the page is as it should be.
#
#   ops_doc.sh BUILD [--check]
set -eu
[ $# -ge 1 ] || { sed -n 3,6p "$0"; exit 2; }
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
page=$(mktemp)
trap 'rm -f "$page"' EXIT
"$build/test_ops_doc" tests/ops/doc/preface.md tests/ops/tflite_ops.txt tests/ops/cases/*.zip \
    >"$page"
if [ "${2:-}" != --check ]; then
    cp "$page" docs/ops.md
elif ! diff docs/ops.md "$page"; then
    echo "docs/ops.md is not up to date: run make docs"
    exit 1
fi
