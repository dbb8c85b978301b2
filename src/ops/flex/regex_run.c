/* SPDX-License-Identifier: Apache-2.0 */
/* regex_run.c: the machine.  All places of the program that can be reached with the text so far are
 * kept in order of preference, each with its groups; every character moves all of them on. */
#include <string.h>

#include "ops/flex/regex.h"
#include "ops/flex/regex_steps.h"
#include "ops/flex/utf8.h"

enum { SLOTS = 2 * LN_REGEX_GROUPS, NOT_UTF8 = 0x110000 };

size_t ln_regex_character(const char *text, size_t n, size_t at, uint32_t *code)
{
    const uint8_t *b = (const uint8_t *)text + at;
    size_t used;
    const int c = ln_utf8_next(b, n - at, &used);
    const bool good = c != LN_UTF8_MALFORMED;
    *code = good ? (uint32_t)c : (uint32_t)NOT_UTF8 + b[0];
    return good ? used : 1;
}

static bool is_word(const char *text, size_t n, size_t at)
{
    const char c = at < n ? text[at] : 0;
    return (c >= '0' && c <= '9') || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool holds(const ln_regex_step *s, const char *text, size_t n, size_t at)
{
    const bool border = (at > 0 && is_word(text, n, at - 1)) != is_word(text, n, at);
    return s->kind == STEP_BEGIN    ? at == 0
           : s->kind == STEP_END    ? at == n
           : s->kind == STEP_BORDER ? border
                                    : !border;
}

typedef struct place {
    const char *text;
    size_t n, at;
} place;

/* Follows jumps and choices from `step`, and adds where they end to the threads. */
static void add(ln_regex *r, ln_regex_threads *t, int step, const place *p, int *group)
{
    int top = 0;
    r->stack[top].slot = -1;
    r->stack[top++].step = step;
    while (top > 0) {
        const int slot = r->stack[--top].slot;
        if (slot >= 0) { /* back from where a group was set */
            group[slot] = r->stack[top].old;
            continue;
        }
        const int at = r->stack[top].step;
        const ln_regex_step *s = &r->steps[at];
        if (r->seen[at] == r->round)
            continue;
        r->seen[at] = r->round;
        switch (s->kind) {
        case STEP_CHOICE:
            r->stack[top].slot = -1;
            r->stack[top++].step = at + s->y;
            r->stack[top].slot = -1;
            r->stack[top++].step = at + s->x;
            break;
        case STEP_JUMP:
            r->stack[top].slot = -1;
            r->stack[top++].step = at + s->x;
            break;
        case STEP_SAVE:
            r->stack[top].slot = s->x;
            r->stack[top++].old = group[s->x];
            group[s->x] = (int)p->at;
            r->stack[top].slot = -1;
            r->stack[top++].step = at + 1;
            break;
        case STEP_MATCH:
        case STEP_CLASS:
        case STEP_ANY:
            memcpy(t->group[t->n], group, sizeof(int) * SLOTS);
            t->at[t->n++] = at;
            break;
        default:
            if (holds(s, p->text, p->n, p->at)) {
                r->stack[top].slot = -1;
                r->stack[top++].step = at + 1;
            }
        }
    }
}

static bool takes(const ln_regex *r, const ln_regex_step *s, uint32_t code)
{
    if (s->kind == STEP_ANY)
        return code != '\n';
    for (int i = s->x; i < s->y; i++)
        if (code >= r->ranges[i][0] && code <= r->ranges[i][1])
            return true;
    return false;
}

/* Moves all threads over one character; true: one of them matched before it, and those of less
 * preference are gone. */
static bool step(ln_regex *r, ln_regex_threads *from, ln_regex_threads *to, const place *now,
                 bool full, int *groups)
{
    uint32_t code = ANY_CODE;
    const bool end = now->at == now->n;
    place then = *now;
    then.at += end ? 0 : ln_regex_character(now->text, now->n, now->at, &code);
    to->n = 0;
    r->round++;
    for (int i = 0; i < from->n; i++) {
        const ln_regex_step *s = &r->steps[from->at[i]];
        if (s->kind == STEP_MATCH) {
            if (full && !end)
                continue;
            memcpy(groups, from->group[i], sizeof(int) * SLOTS);
            return true;
        }
        if (!end && takes(r, s, code))
            add(r, to, from->at[i] + 1, &then, from->group[i]);
    }
    return false;
}

bool ln_regex_search(ln_regex *r, const char *text, size_t n, size_t from, bool full, int *groups)
{
    ln_regex_threads *now = &r->threads[0], *then = &r->threads[1];
    bool matched = false;
    now->n = 0;
    r->round++;
    for (size_t at = from; at <= n;) {
        const place p = {text, n, at};
        int fresh[SLOTS];
        for (int i = 0; i < SLOTS; i++)
            fresh[i] = -1;
        if (!matched && (!full || at == from))
            add(r, now, 0, &p, fresh); /* a match that begins here, if none began before */
        if (now->n == 0 && (matched || full))
            break;
        matched = step(r, now, then, &p, full, groups) || matched;
        uint32_t code;
        at += at == n ? 1 : ln_regex_character(text, n, at, &code);
        ln_regex_threads *t = now;
        now = then;
        then = t;
    }
    return matched;
}
