/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_flags.c: see benchmark_flags.h.  Names and defaults are those of TensorFlow Lite's
 * benchmark_model, so that scripts written for it work. */
#include "benchmark_flags.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct flag {
    char kind; /* b: true or false, i: whole number, f: number, s: text */
    const char *name, *value, *label;
    bool given;
} flag;

static flag flags[] = {
#define FLAG(kind, name, value, label) {kind, name, value, label, false},
#include "benchmark_flags.def"
#undef FLAG
};

enum { N_FLAGS = sizeof flags / sizeof *flags };

void benchmark_log(const char *level, const char *fmt, ...)
{
    FILE *to = strcmp(level, "ERROR") == 0 ? stderr : stdout;
    va_list args;
    va_start(args, fmt);
    fprintf(to, "%s: ", level);
    vfprintf(to, fmt, args);
    fprintf(to, "\n");
    va_end(args);
    fflush(to);
}

static flag *find(const char *name, size_t n)
{
    for (int i = 0; i < N_FLAGS; i++) {
        if (strlen(flags[i].name) == n && memcmp(flags[i].name, name, n) == 0)
            return &flags[i];
    }
    return NULL;
}

static bool fits(char kind, const char *text)
{
    char *end = NULL;
    if (kind == 's')
        return true;
    if (kind == 'b')
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "1") == 0 ||
               strcmp(text, "0") == 0;
    if (kind == 'i') {
        const long x = strtol(text, &end, 10);
        return end != text && !*end && x >= -2147483647 && x <= 2147483647;
    }
    const double x = strtod(text, &end);
    return end != text && !*end && x >= -1e9 && x <= 1e9;
}

bool benchmark_flags_parse(int argc, char **argv)
{
    bool ok = true;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *equals = strchr(word, '=');
        const bool dashes = strncmp(word, "--", 2) == 0;
        const size_t n = equals ? (size_t)(equals - word) : strlen(word);
        flag *f = dashes ? find(word + 2, n - 2) : NULL;
        if (!f) {
            benchmark_log("WARN", "Unconsumed cmdline flags: %s", word);
            continue;
        }
        const char *value = equals ? equals + 1 : f->kind == 'b' ? "true" : NULL;
        if (!value || !fits(f->kind, value)) {
            benchmark_log("ERROR", "Failed to parse flag '%s' against argv '%s'", f->name, word);
            ok = false;
            continue;
        }
        f->value = value;
        f->given = true;
    }
    return ok;
}

void benchmark_flags_help(void)
{
    printf("usage: benchmark_model --graph=MODEL [--flag=value...]\nflags with their defaults:\n");
    for (int i = 0; i < N_FLAGS; i++)
        printf("    --%s=%s\n", flags[i].name, flags[i].value);
}

void benchmark_flags_log(bool all)
{
    for (int i = 0; i < N_FLAGS; i++) {
        const flag *f = &flags[i];
        if (!f->given && !all)
            continue;
        const char *value = f->value;
        if (f->kind == 'b')
            value = benchmark_bool(f->name) ? "1" : "0";
        benchmark_log("INFO", "%s: [%s]", *f->label ? f->label : f->name, value);
    }
}

static const flag *known(const char *name)
{
    static const flag none = {'s', "", "", "", false};
    const flag *f = find(name, strlen(name));
    return f ? f : &none;
}

bool benchmark_flag_given(const char *name)
{
    return known(name)->given;
}

const char *benchmark_text(const char *name)
{
    return known(name)->value;
}

bool benchmark_bool(const char *name)
{
    const char *value = benchmark_text(name);
    return strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

double benchmark_number(const char *name)
{
    return strtod(benchmark_text(name), NULL);
}
