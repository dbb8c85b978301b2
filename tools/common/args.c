/* SPDX-License-Identifier: Apache-2.0 */
/* args.c: option tables to values and to --help. */
#include "common/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static void print_help(const command *c)
{
    printf("usage: linnet %s [OPTION...] %s\n\n%s\n", c->name, c->operands, c->summary);
    if (c->details)
        printf("\n%s", c->details);
    printf("\noptions:\n");
    for (const arg_option *o = c->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-24s %s\n", left, o->help);
    }
    printf("  %-24s %s\n", "--help", "print this");
}

static const arg_option *find(const command *c, const char *name, size_t n)
{
    for (const arg_option *o = c->options; o->name; o++) {
        if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
            return o;
    }
    return NULL;
}

static int usage_error(const command *c, const char *fmt, const char *what)
{
    char text[256];
    snprintf(text, sizeof text, fmt, what);
    fprintf(stderr, "linnet %s: %s (see linnet %s --help)\n", c->name, text, c->name);
    return TOOL_USAGE;
}

/* Takes the option at argv[*i]; moves *i on where its value is the next word. */
static int take_option(args *a, int argc, char **argv, int *i)
{
    const bool brief = strcmp(argv[*i], "-o") == 0;
    const char *name = brief ? "output" : argv[*i] + 2, *equals = strchr(name, '=');
    const arg_option *o = find(a->command, name, equals ? (size_t)(equals - name) : strlen(name));
    if (!o)
        return usage_error(a->command, "unknown option %s", argv[*i]);
    struct arg_set *set = &a->set[a->n_set++];
    set->option = o;
    if (!o->value) {
        if (equals)
            return usage_error(a->command, "option --%s takes no value", o->name);
    } else if (equals) {
        set->value = equals + 1;
    } else if (*i + 1 < argc) {
        set->value = argv[++*i];
    } else {
        return usage_error(a->command, "option --%s needs a value", o->name);
    }
    return TOOL_OK;
}

int args_run(const command *c, int argc, char **argv)
{
    args a = {.command = c};
    a.operands = tool_new((size_t)argc + 1, sizeof *a.operands);
    a.set = tool_new((size_t)argc + 1, sizeof *a.set);
    int code = TOOL_OK;
    bool help = false, only_operands = false;
    for (int i = 0; i < argc && code == TOOL_OK; i++) {
        const bool brief = strcmp(argv[i], "-o") == 0;
        if (only_operands || (!brief && strncmp(argv[i], "--", 2) != 0))
            a.operands[a.n_operands++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            only_operands = true;
        else if (strcmp(argv[i], "--help") == 0)
            help = true;
        else
            code = take_option(&a, argc, argv, &i);
    }
    if (code == TOOL_OK && help)
        print_help(c);
    else if (code == TOOL_OK && a.n_operands == 0)
        code = usage_error(c, "%s is missing", c->operands);
    else if (code == TOOL_OK)
        code = c->run(&a);
    tool_free(a.set);
    tool_free(a.operands);
    return code;
}

const char *args_next(const args *a, const char *name, int *at)
{
    while (*at < a->n_set) {
        const struct arg_set *set = &a->set[(*at)++];
        if (strcmp(set->option->name, name) == 0)
            return set->value ? set->value : "";
    }
    return NULL;
}

const char *args_text(const args *a, const char *name, const char *fallback)
{
    const char *value;
    for (int at = 0; (value = args_next(a, name, &at)) != NULL;)
        fallback = value;
    return fallback;
}

bool args_flag(const args *a, const char *name)
{
    return args_text(a, name, NULL) != NULL;
}

bool args_int(const args *a, const char *name, int min, int max, int *value)
{
    const char *text = args_text(a, name, NULL);
    if (!text)
        return true;
    char *end;
    errno = 0;
    const long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < min || v > max) {
        fprintf(stderr, "linnet %s: --%s is \"%s\", not a whole number from %d to %d\n",
                a->command->name, name, text, min, max);
        return false;
    }
    *value = (int)v;
    return true;
}

int args_choice(const args *a, const char *name, const char *const *names, const char *fallback)
{
    const char *text = args_text(a, name, fallback);
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    fprintf(stderr, "linnet %s: --%s is \"%s\", not", a->command->name, name, text);
    for (int i = 0; names[i]; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : names[i + 1] ? "," : " or", names[i]);
    fprintf(stderr, "\n");
    return -1;
}

bool args_double(const args *a, const char *name, double *value)
{
    const char *text = args_text(a, name, NULL);
    if (!text)
        return true;
    char *end;
    const double v = strtod(text, &end);
    if (end == text || *end) {
        fprintf(stderr, "linnet %s: --%s is \"%s\", not a number\n", a->command->name, name, text);
        return false;
    }
    *value = v;
    return true;
}
