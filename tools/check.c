/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: `linnet check`: runs recorded cases and compares outputs within each case's tolerance.
 *
 * A path is a case archive or a folder that is searched for them.  Archives without any case.json
 * are passed over.  With --isolate each case runs in a process of its own, so that a crash or an
 * endless loop is one failure among others. */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "common/files.h"
#include "common/session.h"
#include "common/tool.h"
#include "compare.h"
#include "tensorflow/lite/c/common.h"
#include "testcase.h"

/* What became of one case.  Plain data: it travels through a pipe with --isolate. */
typedef struct outcome {
    bool passed, bit_exact;
    char text[1200];
} outcome;

typedef struct checker {
    const args *args;
    session_options session;
    const char *only, *op;
    bool exact, isolate, list, summary;
    int timeout;
    long found, passed, failed, bit_exact, integer_cases, integer_exact;
    bool unreadable;
} checker;

static void fail_case(outcome *o, const char *what, const char *why)
{
    o->passed = false;
    snprintf(o->text, sizeof o->text, "%s%s", what, why);
}

static bool feed(session *s, const testcase *t)
{
    for (int i = 0; i < t->n_in; i++) {
        const TfLiteTensor *in = session_input(s, i);
        if (in && !value_has_dims(&t->in[i], in->dims) &&
            !session_resize(s, i, t->in[i].dims, t->in[i].rank))
            return false;
    }
    if (!session_allocate(s))
        return false;
    for (int i = 0; i < t->n_in; i++) {
        if (!session_set_input(s, i, &t->in[i]))
            return false;
    }
    return true;
}

static void print_shape(const value *v, char *text, size_t n)
{
    size_t at = (size_t)snprintf(text, n, "%s [", value_type_name(v->type));
    for (int i = 0; i < v->rank && at < n; i++)
        at += (size_t)snprintf(text + at, n - at, "%s%d", i ? "," : "", v->dims[i]);
    if (at < n)
        snprintf(text + at, n - at, "]");
}

static void describe_mismatch(outcome *o, int i, const value *got, const value *want,
                              const comparison *c)
{
    char a[128], b[128];
    if (!c->same_shape) {
        print_shape(got, a, sizeof a);
        print_shape(want, b, sizeof b);
        snprintf(o->text, sizeof o->text, "out%d: got %s, wanted %s", i, a, b);
        return;
    }
    compare_print_item(got, c->worst, a, sizeof a);
    compare_print_item(want, c->worst, b, sizeof b);
    snprintf(o->text, sizeof o->text, "out%d[%zu]: got %s, wanted %s (%zu of %zu wrong)", i,
             c->worst, a, b, c->wrong, want->count);
}

static void judge(const checker *k, session *s, const testcase *t, outcome *o)
{
    const tolerance limit = {t->abs, t->rel, k->exact ? 0 : t->lsb, t->random};
    if (session_output_count(s) != t->n_out) {
        snprintf(o->text, sizeof o->text, "the model has %d outputs, the case %d",
                 session_output_count(s), t->n_out);
        o->passed = false;
        return;
    }
    for (int i = 0; i < t->n_out && o->passed; i++) {
        value got;
        if (!session_get(s, session_output(s, i), &got)) {
            fail_case(o, "", s->error);
        } else {
            const comparison c = compare_values(&got, &t->out[i], &limit);
            o->bit_exact = o->bit_exact && c.bit_exact;
            if (!c.same_shape || c.wrong > 0) {
                o->passed = false;
                describe_mismatch(o, i, &got, &t->out[i], &c);
            }
        }
        value_free(&got);
    }
    o->bit_exact = o->bit_exact && o->passed;
}

static void run_case(const checker *k, const testcase *t, outcome *o)
{
    session s;
    o->passed = o->bit_exact = true;
    if (!session_open(&s, t->model, t->model_bytes, &k->session))
        fail_case(o, "cannot be opened: ", s.error);
    else if (!feed(&s, t))
        fail_case(o, "cannot be prepared: ", s.error);
    else if (!session_invoke(&s))
        fail_case(o, "cannot be run: ", s.error);
    else
        judge(k, &s, t, o);
    session_close(&s);
}

/* Runs the case in a child that sends its outcome back. */
static void run_isolated(const checker *k, const testcase *t, outcome *o)
{
    int ends[2], state = 0;
    pid_t child = -1;
    if (pipe(ends) != 0 || (child = fork()) < 0) {
        fail_case(o, "no process for it: ", strerror(errno));
        return;
    }
    if (child == 0) {
        alarm((unsigned)k->timeout);
        run_case(k, t, o);
        const bool sent = write(ends[1], o, sizeof *o) == (ssize_t)sizeof *o;
        _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    outcome got;
    const bool whole = read(ends[0], &got, sizeof got) == (ssize_t)sizeof got;
    close(ends[0]);
    waitpid(child, &state, 0);
    if (whole && WIFEXITED(state))
        *o = got;
    else if (WIFSIGNALED(state) && WTERMSIG(state) == SIGALRM)
        fail_case(o, "", "ran out of time");
    else
        fail_case(o, "crashed: ", WIFSIGNALED(state) ? strsignal(WTERMSIG(state)) : "it exited");
}

static bool wanted(const checker *k, const testcase *t)
{
    if (k->only && fnmatch(k->only, t->name, 0) != 0)
        return false;
    const char *at = t->ops;
    while (k->op && at) {
        const size_t n = strcspn(at, ",@");
        if (strlen(k->op) == n && strncmp(at, k->op, n) == 0)
            return true;
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    return k->op == NULL;
}

/* True when every output is of an integer type and has one right value. */
static bool is_integer_case(const testcase *t)
{
    bool integers = t->n_out > 0 && !t->random;
    for (int i = 0; i < t->n_out; i++) {
        const value_kind kind = value_kind_of(t->out[i].type);
        integers = integers && (kind == VALUE_INT || kind == VALUE_UINT);
    }
    return integers;
}

static void count(checker *k, const testcase *t, const outcome *o)
{
    const bool integers = is_integer_case(t);
    k->integer_cases += integers;
    if (o->passed) {
        k->passed++;
        k->bit_exact += o->bit_exact && !t->random;
        k->integer_exact += integers && o->bit_exact;
        return;
    }
    k->failed++;
    printf("FAIL %s: %s | %s %.120s\n", t->name, o->text, t->ops, t->params);
    fflush(stdout);
}

static void check_case(checker *k, archive *a, const char *path, const char *prefix)
{
    testcase t;
    outcome o = {0};
    char error[TESTCASE_ERROR] = "";
    bool readable = testcase_read(&t, a, path, prefix, false, error);
    const bool chosen = wanted(k, &t);
    k->found += chosen;
    if (readable && chosen && !k->list) {
        testcase_free(&t);
        readable = testcase_read(&t, a, path, prefix, true, error);
    }
    if (!chosen)
        ;
    else if (k->list)
        printf("%s | %s %.120s\n", t.name, t.ops ? t.ops : "", t.params ? t.params : "");
    else if (!readable)
        fail_case(&o, "", error);
    else if (k->isolate)
        run_isolated(k, &t, &o);
    else
        run_case(k, &t, &o);
    if (chosen && !k->list)
        count(k, &t, &o);
    testcase_free(&t);
}

static void check_archive(checker *k, const char *path)
{
    archive *a = archive_open(path);
    const long passed = k->passed, failed = k->failed;
    if (!a) {
        k->unreadable = true;
        return;
    }
    for (int i = 0; i < archive_count(a); i++) {
        static const char tail[] = "case.json";
        const char *name = archive_name(a, i);
        if (strcmp(tool_basename(name), tail) != 0)
            continue;
        char *prefix = tool_format("%.*s", (int)(strlen(name) - strlen(tail)), name);
        check_case(k, a, path, prefix);
        tool_free(prefix);
    }
    archive_close(a);
    const long ran = k->passed - passed + k->failed - failed;
    if (k->summary && ran > 0)
        printf("%5ld of %5ld  %s\n", k->passed - passed, ran, path);
}

static void print_counts(const checker *k)
{
    printf("%ld cases bit-exact; of %ld cases with integer outputs, %ld\n", k->bit_exact,
           k->integer_cases, k->integer_exact);
    printf("%ld passed, %ld failed\n", k->passed, k->failed);
}

static int run(const args *a)
{
    checker k = {.args = a, .timeout = 600};
    if (!session_read_options(&k.session, a) || !args_int(a, "timeout", 1, 86400, &k.timeout))
        return TOOL_USAGE;
    k.session.round_trip = args_flag(a, "round-trip");
    k.only = args_text(a, "only", NULL);
    k.op = args_text(a, "op", NULL);
    k.exact = args_flag(a, "exact");
    k.isolate = args_flag(a, "isolate");
    k.list = args_flag(a, "list");
    k.summary = args_flag(a, "summary");
    for (int i = 0; i < a->n_operands; i++) {
        file_list files = {0};
        if (!files_find(&files, a->operands[i], ".zip"))
            k.unreadable = true;
        for (size_t j = 0; j < files.n; j++)
            check_archive(&k, files.paths[j]);
        files_free(&files);
    }
    if (k.found == 0) {
        tool_error("no case there%s", k.only || k.op ? " that was asked for" : "");
        k.unreadable = true;
    }
    if (!k.list)
        print_counts(&k);
    return k.unreadable || k.failed > 0 ? TOOL_FAILED : TOOL_OK;
}

static const arg_option options[] = {
    SESSION_OPTIONS,
    {"exact", NULL, "allow integers no tolerance"},
    {"only", "GLOB", "only cases whose name matches, as in 'b_add/00*'"},
    {"op", "NAME", "only cases with that operator, as in CONV_2D"},
    {"list", NULL, "print the cases and run none"},
    {"summary", NULL, "print counts per archive too"},
    {"isolate", NULL, "a process per case: a crash fails that case only"},
    {"timeout", "SECONDS", "with --isolate: time for one case (default 600)"},
    {"round-trip", NULL, "write each model, read that back, and run the copy"},
    {NULL, NULL, NULL},
};

const command check_command = {
    .name = "check",
    .operands = "PATH...",
    .summary = "Runs recorded cases and compares the outputs within each case's tolerance.",
    .details = "PATH is an archive of cases (.zip), or a folder that is searched for them.\n"
               "Each failure is one line: case, output and index of the worst item, what came,\n"
               "what was wanted.  The exit code is 1 when a case fails.\n",
    .options = options,
    .run = run,
};
