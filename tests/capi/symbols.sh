#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh LIBRARY LIST: the shared library exports all functions of the list, and beside them
# only our own (ln_...).  Under TensorFlow Lite's name they have the version that its library gives.
set -u
LC_ALL=C
export LC_ALL
all=$(${NM:-nm} -D --defined-only "$1" | sed 's/.* //' | grep -v '^VERS_1.0$') || exit 1
case $1 in
*tensorflowlite_c*)
    unversioned=$(printf '%s\n' "$all" | grep -v '@@VERS_1\.0$')
    [ -z "$unversioned" ] || { printf 'without version: %s\n' $unversioned; exit 1; } ;;
esac
found=$(printf '%s\n' "$all" | sed 's/@.*//' | sort)
missing=$(printf '%s\n' "$found" | comm -13 - "$2")
surplus=$(printf '%s\n' "$found" | grep -v '^ln_' | comm -23 - "$2")
[ -z "$missing" ] || printf 'missing: %s\n' $missing
[ -z "$surplus" ] || printf 'not on the list: %s\n' $surplus
[ -z "$missing$surplus" ]
