/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c: see benchmark/flags.h.  Names and defaults are those of TensorFlow Lite's
 * benchmark_model, so that scripts written for it work. */
#include "benchmark/flags.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

typedef struct flag {
    char kind; /* b: true or false, i: whole number, f: number, s: text */
    const char *name, *fallback, *label, *help;
    const char *value; /* NULL: not given */
    int position;      /* on the command line; 0: not given */
} flag;

static flag flags[] = {
#define FLAG(kind, name, value, label, help) {kind, name, value, label, help, NULL, 0},
#include "benchmark/flags.def"
#undef FLAG
};

enum { N_FLAGS = sizeof flags / sizeof *flags };

struct benchmark_flags_state {
    flag flags[N_FLAGS];
};

static const char *compared[BENCHMARK_MAX_COMPARED];
static bool errors_only;

void benchmark_log_errors_only(bool only)
{
    errors_only = only;
}

void benchmark_log(const char *level, const char *fmt, ...)
{
    const bool error = strcmp(level, "ERROR") == 0;
    if (errors_only && !error)
        return;
    FILE *to = error ? stderr : stdout;
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

static bool is_flag(const char *word)
{
    return strncmp(word, "--", 2) == 0;
}

/* The words behind --compare; returns how many they are. */
static int take_compared(int argc, char **argv)
{
    int n = 0;
    while (n < argc && n < BENCHMARK_MAX_COMPARED && !is_flag(argv[n])) {
        compared[n] = argv[n];
        n++;
    }
    return n;
}

/* Takes one --name=value; *known becomes false for a word that is none. */
static bool take_flag(const char *word, int position, bool *known)
{
    const char *equals = strchr(word, '=');
    const size_t n = equals ? (size_t)(equals - word) : strlen(word);
    flag *f = is_flag(word) ? find(word + 2, n - 2) : NULL;
    *known = f != NULL;
    if (!f)
        return true;
    const char *value = equals ? equals + 1 : f->kind == 'b' ? "true" : NULL;
    if (!value || !fits(f->kind, value)) {
        benchmark_log("ERROR", "Failed to parse flag '%s' against argv '%s'", f->name, word);
        return false;
    }
    f->value = value;
    f->position = position;
    return true;
}

bool benchmark_flags_parse(int argc, char **argv)
{
    bool ok = true;
    char *unknown = tool_copy("");
    for (int i = 0; i < argc; i++) {
        bool known = true;
        if (strcmp(argv[i], "--compare") == 0)
            i += take_compared(argc - i - 1, argv + i + 1);
        else if (strncmp(argv[i], "--compare=", 10) == 0)
            compared[0] = argv[i] + 10;
        else
            ok = take_flag(argv[i], i + 1, &known) && ok;
        if (!known) {
            char *longer = tool_format("%s%s%s", unknown, *unknown ? " " : "", argv[i]);
            tool_free(unknown);
            unknown = longer;
        }
    }
    if (*unknown)
        benchmark_log("WARN", "Unconsumed cmdline flags: %s", unknown);
    tool_free(unknown);
    return ok;
}

static const char *kind_name(char kind)
{
    return kind == 'b' ? "bool" : kind == 'i' ? "int32" : kind == 'f' ? "float" : "string";
}

void benchmark_flags_help(void)
{
    printf("usage: benchmark_model <flags>\nFlags:\n");
    for (int i = 0; i < N_FLAGS; i++) {
        char left[80];
        snprintf(left, sizeof left, "--%s=%s", flags[i].name, flags[i].fallback);
        printf("\t%-52s\t%s\toptional\t%s\n", left, kind_name(flags[i].kind), flags[i].help);
    }
    printf("\t%-52s\tstring\toptional\t%s\n", "--compare A B",
           "run two in turn and compare: models, or flags as in num_threads=2,graph=m.tflite");
    printf("\t%-52s\tstring\toptional\t%s\n", "--compare FILE.json",
           "compare with what another run wrote by --json");
}

void benchmark_flags_log(bool all)
{
    benchmark_log("INFO", "Log parameter values verbosely: [%d]", all);
    for (int i = 0; i < N_FLAGS; i++) {
        const flag *f = &flags[i];
        /* TensorFlow Lite always names these two. */
        const bool always =
            strcmp(f->name, "graph") == 0 || strcmp(f->name, "signature_to_run_for") == 0;
        if (!all && !always && (f->position == 0 || !*f->label))
            continue;
        const char *label = *f->label ? f->label : f->name;
        if (f->kind == 'b')
            benchmark_log("INFO", "%s: [%d]", label, benchmark_bool(f->name));
        else if (f->kind == 'f')
            benchmark_log("INFO", "%s: [%g]", label, benchmark_number(f->name));
        else
            benchmark_log("INFO", "%s: [%s]", label, benchmark_text(f->name));
    }
}

void benchmark_flags_each(void (*visit)(void *user, const char *name, const char *value),
                          void *user)
{
    for (int i = 0; i < N_FLAGS; i++) {
        if (flags[i].position > 0)
            visit(user, flags[i].name, flags[i].value);
    }
}

static const flag *known_flag(const char *name)
{
    static const flag none = {'s', "", "", "", "", NULL, 0};
    const flag *f = find(name, strlen(name));
    return f ? f : &none;
}

bool benchmark_flag_given(const char *name)
{
    return known_flag(name)->position > 0;
}

int benchmark_flag_position(const char *name)
{
    return known_flag(name)->position;
}

const char *benchmark_text(const char *name)
{
    const flag *f = known_flag(name);
    return f->value ? f->value : f->fallback;
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

int benchmark_int(const char *name)
{
    return (int)strtol(benchmark_text(name), NULL, 10);
}

void benchmark_flag_default(const char *name, const char *value)
{
    flag *f = find(name, strlen(name));
    if (f && fits(f->kind, value))
        f->fallback = value;
}

bool benchmark_flag_set(const char *name, const char *value)
{
    flag *f = find(name, strlen(name));
    if (!f || !fits(f->kind, value))
        return false;
    f->value = value;
    if (f->position == 0)
        f->position = 1;
    return true;
}

benchmark_flags_state *benchmark_flags_save(void)
{
    benchmark_flags_state *state = tool_new(1, sizeof *state);
    memcpy(state->flags, flags, sizeof flags);
    return state;
}

void benchmark_flags_restore(benchmark_flags_state *state)
{
    memcpy(flags, state->flags, sizeof flags);
    tool_free(state);
}

const char *benchmark_compared(int i)
{
    return i >= 0 && i < BENCHMARK_MAX_COMPARED ? compared[i] : NULL;
}
