#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shared_cases.sh: runs the recorded cases that lie outside the repository, and holds the list of
# known differences (tests/ops/known_differences.txt) to be exact: a case that fails and is not
# listed is a failure, and so is one that is listed and passes.
#
#   shared_cases.sh LINNET PATH [OPTION...]     exit code 77: there is no PATH
set -eu
linnet=$1 path=$2
shift 2
if [ ! -d "$path" ]; then
    echo "skipped: there is no $path (set LINNET_SHARED)"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$linnet check "$@" "$path" >"$work/log" 2>&1 || [ $? -eq 1 ]
tail -n 2 "$work/log"
sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$work/log" | sort >"$work/failed"
sed -n 's/^\([a-z][^ ]*\).*/\1/p' "$here/../ops/known_differences.txt" | sort >"$work/listed"
# of the listed ones, those whose archive lies under PATH
while read -r name; do
    [ -f "$path/${name%%/*}.zip" ] && echo "$name"
done <"$work/listed" >"$work/known" || true
if ! diff "$work/known" "$work/failed" >"$work/diff"; then
    echo "differences from the known ones (<: listed but passes, >: fails but is not listed):"
    cat "$work/diff"
    grep '^FAIL' "$work/log" | head -n 20
    exit 1
fi
grep -q ' passed, ' "$work/log" # the run came to its end
