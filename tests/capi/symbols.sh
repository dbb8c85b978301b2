#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh LIBRARY LIST: the shared library exports all functions of the list, and beside them
# only our own (ln_...).
set -u
LC_ALL=C
export LC_ALL
found=$(${NM:-nm} -D --defined-only "$1" | sed 's/.* //; s/@.*//' | sort) || exit 1
missing=$(printf '%s\n' "$found" | comm -13 - "$2")
surplus=$(printf '%s\n' "$found" | grep -v '^ln_' | comm -23 - "$2")
[ -z "$missing" ] || printf 'missing: %s\n' $missing
[ -z "$surplus" ] || printf 'not on the list: %s\n' $surplus
[ -z "$missing$surplus" ]
