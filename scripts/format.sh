#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh: lays out C files as .clang-format says: all tracked ones, or those that are named.
cd "$(dirname "$0")/.." || exit 2
[ $# -gt 0 ] || set -- $(git ls-files '*.c')
exec "${CLANG_FORMAT:-clang-format}" -i "$@"
