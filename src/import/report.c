/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: what becomes of every operator of the source. */
#include <stdio.h>
#include <string.h>

#include "import/import.h"

void ln_report_init(ln_report *r, const ln_alloc *alloc)
{
    *r = (ln_report){0};
    ln_arena_init(&r->arena, alloc);
}

void ln_report_deinit(ln_report *r)
{
    ln_arena_deinit(&r->arena);
    *r = (ln_report){.arena = r->arena};
}

static bool own(ln_arena *arena, const char **text)
{
    if (*text)
        *text = ln_arena_string(arena, *text, strlen(*text));
    return *text != NULL;
}

static ln_status grow(ln_report *r)
{
    const size_t wanted = r->capacity ? 2 * r->capacity : 64;
    ln_finding *more = ln_arena_new(&r->arena, wanted, sizeof *more);
    if (!more)
        return LN_ERR_MEMORY;
    if (r->n)
        memcpy(more, r->findings, r->n * sizeof *more);
    r->findings = more;
    r->capacity = wanted;
    return LN_OK;
}

/* What each fate asks of the user. */
static const char *cure_of(ln_fate fate)
{
    switch (fate) {
    case LN_FATE_FLEX_TF:
        return "no kernel here: runs with liblinnet_flex or TensorFlow Lite's Flex delegate";
    case LN_FATE_CUSTOM:
        return "whoever runs it brings the operator: `linnet new-op` makes a template";
    case LN_FATE_IMPOSSIBLE:
        return "--allow-custom-ops, a rule or a function of your own";
    default:
        return NULL;
    }
}

ln_fate ln_fate_foreign(const ln_import_options *o, const char *op, const char *custom)
{
    if (ln_foreign_known(o->foreign, op) || ln_foreign_replaced(o->foreign, custom))
        return LN_FATE_DECOMPOSED;
    return o->allow_custom_ops ? LN_FATE_CUSTOM : LN_FATE_IMPOSSIBLE;
}

ln_status ln_report_add(ln_report *r, const ln_finding *finding)
{
    if (r->n == r->capacity)
        LN_TRY(grow(r));
    ln_finding f = *finding;
    f.location = f.location ? f.location : "";
    f.cure = f.cure ? f.cure : cure_of(f.fate);
    if (!own(&r->arena, &f.op) || !own(&r->arena, &f.location) ||
        (f.cure && !own(&r->arena, &f.cure)))
        return LN_ERR_MEMORY;
    r->findings[r->n++] = f;
    r->impossible += f.fate == LN_FATE_IMPOSSIBLE;
    return LN_OK;
}

void ln_report_amend(ln_report *r, size_t i, ln_fate fate)
{
    r->findings[i].fate = fate;
    r->findings[i].cure = cure_of(fate);
}

/* The first finding of the same impossible operator. */
static bool is_first(const ln_report *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (r->findings[k].fate == LN_FATE_IMPOSSIBLE &&
            strcmp(r->findings[k].op, r->findings[i].op) == 0)
            return false;
    return true;
}

static int times(const ln_report *r, const char *op)
{
    int n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->findings[i].fate == LN_FATE_IMPOSSIBLE && strcmp(r->findings[i].op, op) == 0;
    return n;
}

void ln_report_list(const ln_report *r, char *text, size_t room)
{
    enum { MORE = 40 };
    size_t at = (size_t)snprintf(text, room, "cannot be converted:");
    int left = 0;
    for (size_t i = 0; i < r->n; i++) {
        char line[400];
        const ln_finding *f = &r->findings[i];
        if (f->fate != LN_FATE_IMPOSSIBLE || !is_first(r, i))
            continue;
        snprintf(line, sizeof line, "\n  %s (%d, first in %s)%s%s", f->op, times(r, f->op),
                 f->location, f->cure ? ": " : "", f->cure ? f->cure : "");
        if (left || at + strlen(line) + MORE > room)
            left++;
        else
            at += (size_t)snprintf(text + at, room - at, "%s", line);
    }
    if (left && at + MORE <= room)
        snprintf(text + at, room - at, "\n  and %d more: --explain lists them", left);
}

ln_status ln_report_check(const ln_report *r, ln_diag *diag)
{
    char text[LN_DIAG_TEXT - LN_DIAG_WHERE];
    if (r->impossible == 0)
        return LN_OK;
    ln_report_list(r, text, sizeof text);
    return ln_fail(diag, LN_ERR_UNSUPPORTED, "%s", text);
}

/* ---- options ---- */

const ln_shape *ln_import_shape(const ln_import_options *o, const char *name)
{
    const ln_shape *found = NULL;
    for (int i = 0; i < o->n_shapes; i++)
        if (strcmp(o->shapes[i].name, name) == 0) {
            o->shapes[i].taken = true;
            found = &o->shapes[i].shape;
        }
    return found;
}
