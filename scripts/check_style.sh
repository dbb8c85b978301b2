#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_style.sh: the rules of CONTRIBUTING.md that a search can see, over all tracked files.
# Prints each offence; exits 1 when there is one.  CLANG_FORMAT names another clang-format.
cd "$(dirname "$0")/.." || exit 2
offences=0

files() { # patterns...
    git ls-files -- "$@" | while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done
}

report() { # what was found, the rule
    if [ -n "$1" ]; then
        printf '%s\n' "$1" | sed "s|\$|   <- $2|"
        offences=$((offences + $(printf '%s\n' "$1" | wc -l)))
    fi
}

search() { # pattern, rule, files...
    pattern=$1 rule=$2
    shift 2
    [ $# -gt 0 ] && report "$(grep -nE "$pattern" /dev/null "$@")" "$rule"
}

c_files=$(files '*.c' '*.h' '*.cc')
src_c=$(files 'src/*.c')
texts="$c_files $(files '*.def' '*.py' '*.sh' '*.cmake' '*.txt' '*.md' 'Makefile' '.ci/run')"

# shellcheck disable=SC2086 # lists of file names without blanks
{
report "$(awk 'FNR <= 2 && /SPDX-License-Identifier: Apache-2.0/ { has[FILENAME] = 1 }
    END { for (i = 1; i < ARGC; i++) if (!has[ARGV[i]]) print ARGV[i] ":1:" }' \
    $c_files $(files '*.def' '*.py' '*.sh' '*.cmake'))" "no SPDX line"
report "$(awk 'FNR == 2 && !/^\/\*/ { print FILENAME ":2:" }' $c_files)" \
    "no comment that says what the file is"
}

# shellcheck disable=SC2086 # lists of file names without blanks
{
search '	' "tab" $c_files
search '[[:blank:]]+$' "blanks at the end of a line" $c_files
search '^.{101,}' "more than 100 columns" $c_files $(files '*.py' '*.sh' '*.cmake')
search '(^|[^a-z_>.])(malloc|calloc|realloc|free|strdup)\(' "memory comes from base/alloc.h" \
    $(printf '%s\n' $src_c | grep -vE '^src/(base/|capi/common\.c)')
search '__attribute__|__builtin_|__asm|__extension__' "extensions live in base/compiler.h" \
    $(printf '%s\n' $c_files | grep -vE '^(include/|src/base/compiler\.h|src/kernels/)')
search '^static .*[ *]ln_[a-z0-9_]+\(' "file-local names have no prefix" $src_c
search '^#include "\.\./' "includes are rooted at src/" $c_files
search '(fprintf\(std|printf\(")' "the library prints nothing" \
    $(printf '%s\n' $src_c | xargs grep -LE 'snprintf' 2>/dev/null)
search '(^|[^a-z])/(work|opt|home|root)/' "a path of one machine" \
    $(printf '%s\n' $texts | grep -v '^scripts/check_style.sh')
}

# Versions lay out differently; this is Debian 12's.
format=${CLANG_FORMAT:-clang-format}
if "$format" --version 2>/dev/null | grep -q 'version 14\.'; then
    report "$(files '*.c' | xargs -P 2 -n 50 "$format" --dry-run --Werror 2>&1 | grep ': error:')" \
        "differs from $format's layout"
else
    echo "check_style: there is no clang-format 14, layout not checked"
fi

echo "check_style: $offences offences"
[ "$offences" -eq 0 ]
