/* SPDX-License-Identifier: Apache-2.0 */
/* regex.c: the compiler: an expression -> steps.  Jumps are relative, so a piece of the program can
 * be moved to make room for the choice in front of it.  The machine: regex_run.c. */
#include "ops/flex/regex.h"

#include <string.h>

#include "ops/flex/regex_steps.h"

enum { MAX_DEPTH = 64, MAX_REPEAT = 1000, NO_LIMIT = -1 };

typedef struct parser {
    ln_regex *r;
    const char *text;
    size_t n, at;
    int depth;
    bool fold;
    const char *error;
} parser;

static bool failed(parser *p, const char *error)
{
    if (!p->error)
        p->error = error;
    return false;
}

static bool more(const parser *p)
{
    return p->at < p->n;
}

static bool eat(parser *p, char c)
{
    if (!more(p) || p->text[p->at] != c)
        return false;
    p->at++;
    return true;
}

static bool eat_text(parser *p, const char *text)
{
    const size_t n = strlen(text);
    if (p->n - p->at < n || memcmp(p->text + p->at, text, n) != 0)
        return false;
    p->at += n;
    return true;
}

/* ---- steps ---- */

static bool emit(parser *p, int kind, int x, int y)
{
    ln_regex *r = p->r;
    if (r->n_steps == LN_REGEX_STEPS)
        return failed(p, "it is too long");
    r->steps[r->n_steps++] = (ln_regex_step){kind, x, y};
    return true;
}

/* A step in front of those from `at` on. */
static bool insert(parser *p, int at, int kind, int x, int y)
{
    ln_regex *r = p->r;
    if (!emit(p, kind, x, y))
        return false;
    memmove(r->steps + at + 1, r->steps + at, sizeof *r->steps * (size_t)(r->n_steps - 1 - at));
    r->steps[at] = (ln_regex_step){kind, x, y};
    return true;
}

/* A choice between going on and `other`; lazy: `other` first. */
static bool insert_choice(parser *p, int at, int other, bool lazy)
{
    return insert(p, at, STEP_CHOICE, lazy ? other : 1, lazy ? 1 : other);
}

/* ---- classes ---- */

static bool add_range(parser *p, uint32_t low, uint32_t high)
{
    ln_regex *r = p->r;
    if (r->n_ranges + 1 > LN_REGEX_RANGES)
        return failed(p, "it has too many classes");
    r->ranges[r->n_ranges][0] = low;
    r->ranges[r->n_ranges++][1] = high;
    return true;
}

static bool add_folded(parser *p, uint32_t low, uint32_t high)
{
    if (!add_range(p, low, high))
        return false;
    for (uint32_t c = low; p->fold && c <= high && c < 128; c++) {
        const uint32_t letter = c | 32;
        if (letter >= 'a' && letter <= 'z' && !add_range(p, c ^ 32, c ^ 32))
            return false;
    }
    return true;
}

static const struct {
    const char *name, *pairs; /* ranges, two characters each */
} named[] = {
    {"[:alnum:]", "09AZaz"},
    {"[:alpha:]", "AZaz"},
    {"[:ascii:]", "\001\177"},
    {"[:blank:]", "\t\t  "},
    {"[:cntrl:]", "\001\037\177\177"},
    {"[:digit:]", "09"},
    {"[:graph:]", "!~"},
    {"[:lower:]", "az"},
    {"[:print:]", " ~"},
    {"[:punct:]", "!/:@[`{~"},
    {"[:space:]", "\t\r  "},
    {"[:upper:]", "AZ"},
    {"[:word:]", "09AZaz__"},
    {"[:xdigit:]", "09AFaf"},
};

static bool add_pairs(parser *p, const char *pairs)
{
    for (; *pairs; pairs += 2)
        if (!add_range(p, (uint8_t)pairs[0], (uint8_t)pairs[1]))
            return false;
    return true;
}

/* The ranges [from, n_ranges) of the program become all others. */
static bool invert(parser *p, int from)
{
    ln_regex *r = p->r;
    const int to = r->n_ranges;
    uint32_t low = 0;
    for (;;) { /* the lowest range that is not behind `low` */
        uint32_t begin = UINT32_MAX, end = 0;
        for (int i = from; i < to; i++)
            if (r->ranges[i][1] >= low && r->ranges[i][0] < begin) {
                begin = r->ranges[i][0];
                end = r->ranges[i][1];
            }
        if (begin > low && !add_range(p, low, begin == UINT32_MAX ? ANY_CODE : begin - 1))
            return false;
        if (begin == UINT32_MAX || end >= ANY_CODE)
            break;
        low = LN_MAX(low, end + 1);
    }
    const size_t kept = (size_t)(r->n_ranges - to);
    memmove(r->ranges + from, r->ranges + to, sizeof r->ranges[0] * kept);
    r->n_ranges = from + (int)kept;
    return true;
}

/* \d and the like: their ranges; NULL: it is no class. */
static const char *escape_pairs(char c)
{
    switch (c | 32) {
    case 'd':
        return "09";
    case 'w':
        return "09AZaz__";
    case 's':
        return "\t\n\f\r  ";
    default:
        return NULL;
    }
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool hexadecimal(parser *p, uint32_t *code)
{
    const bool braces = eat(p, '{');
    *code = 0;
    for (int i = 0; more(p) && (braces || i < 2); i++) {
        const char c = p->text[p->at];
        const int digit = c >= '0' && c <= '9'                 ? c - '0'
                          : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                               : -1;
        if (digit < 0)
            break;
        *code = *code * 16 + (uint32_t)digit;
        if (*code > ANY_CODE)
            return failed(p, "a character's number is too large");
        p->at++;
    }
    return !braces || eat(p, '}') || failed(p, "\\x{ has no }");
}

/* The character behind a backslash. */
static bool escaped(parser *p, uint32_t *code)
{
    static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    if (!more(p))
        return failed(p, "it ends in a backslash");
    const char c = p->text[p->at];
    const char *at = strchr(names, c);
    if (c == 'x') {
        p->at++;
        return hexadecimal(p, code);
    }
    if (c && at) {
        p->at++;
        *code = (uint8_t)values[at - names];
        return true;
    }
    if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))
        return failed(p, "it has an escape that is not known");
    p->at += ln_regex_character(p->text, p->n, p->at, code);
    return true;
}

static bool character(parser *p, uint32_t *code)
{
    if (eat(p, '\\'))
        return escaped(p, code);
    p->at += ln_regex_character(p->text, p->n, p->at, code);
    return true;
}

/* \d and the like at this place; *is says whether there is one. */
static bool class_escape(parser *p, bool *is)
{
    const bool there = p->n - p->at >= 2 && p->text[p->at] == '\\';
    const char c = there ? p->text[p->at + 1] : 0;
    const char *pairs = there ? escape_pairs(c) : NULL;
    const int from = p->r->n_ranges;
    *is = pairs != NULL;
    if (!pairs)
        return true;
    p->at += 2;
    return add_pairs(p, pairs) && (!is_upper(c) || invert(p, from));
}

static bool class_item(parser *p)
{
    bool is;
    uint32_t low, high;
    if (!class_escape(p, &is) || is)
        return !p->error;
    for (size_t i = 0; i < LN_COUNTOF(named); i++)
        if (eat_text(p, named[i].name))
            return add_pairs(p, named[i].pairs);
    if (!character(p, &low))
        return false;
    high = low;
    if (p->n - p->at >= 2 && p->text[p->at] == '-' && p->text[p->at + 1] != ']') {
        p->at++;
        if (!character(p, &high))
            return false;
    }
    return low <= high ? add_folded(p, low, high) : failed(p, "a range is upside down");
}

static bool class_(parser *p)
{
    const int from = p->r->n_ranges;
    const bool negated = eat(p, '^');
    for (bool first = true; first || !eat(p, ']'); first = false) {
        if (!more(p))
            return failed(p, "[ has no ]");
        if (!class_item(p))
            return false;
    }
    return (!negated || invert(p, from)) && emit(p, STEP_CLASS, from, p->r->n_ranges);
}

/* ---- atoms ---- */

static bool alternatives(parser *p);

static bool group(parser *p)
{
    int number = -1;
    const bool fold = p->fold;
    if (eat_text(p, "?:")) {
    } else if (eat_text(p, "?i)")) {
        p->fold = true;
        return true;
    } else if (eat_text(p, "?i:")) {
        p->fold = true;
    } else if (eat_text(p, "?P<")) {
        while (more(p) && !eat(p, '>'))
            p->at++;
        number = p->r->n_groups++;
    } else if (more(p) && p->text[p->at] == '?') {
        return failed(p, "it has a kind of group that is not known");
    } else {
        number = p->r->n_groups++;
    }
    const bool kept = number >= 0 && number < LN_REGEX_GROUPS;
    if (kept && !emit(p, STEP_SAVE, 2 * number, 0))
        return false;
    if (!alternatives(p))
        return false;
    p->fold = fold;
    if (!eat(p, ')'))
        return failed(p, "( has no )");
    return !kept || emit(p, STEP_SAVE, 2 * number + 1, 0);
}

static bool literal(parser *p)
{
    const int from = p->r->n_ranges;
    uint32_t code;
    bool is;
    if (!class_escape(p, &is))
        return false;
    if (!is && (!character(p, &code) || !add_folded(p, code, code)))
        return false;
    return emit(p, STEP_CLASS, from, p->r->n_ranges);
}

static bool atom(parser *p)
{
    static const struct {
        const char *text;
        int kind;
    } places[] = {{"^", STEP_BEGIN}, {"$", STEP_END},      {"\\A", STEP_BEGIN},
                  {"\\z", STEP_END}, {"\\b", STEP_BORDER}, {"\\B", STEP_INSIDE}};
    for (size_t i = 0; i < LN_COUNTOF(places); i++)
        if (eat_text(p, places[i].text))
            return emit(p, places[i].kind, 0, 0);
    if (eat(p, '('))
        return group(p);
    if (eat(p, '['))
        return class_(p);
    if (eat(p, '.'))
        return emit(p, STEP_ANY, 0, 0);
    const char c = p->text[p->at];
    if (c == '*' || c == '+' || c == '?')
        return failed(p, "there is nothing to repeat");
    return literal(p);
}

/* ---- repetitions ---- */

static bool number(parser *p, int *value)
{
    const size_t from = p->at;
    *value = 0;
    while (more(p) && p->text[p->at] >= '0' && p->text[p->at] <= '9' && *value <= MAX_REPEAT)
        *value = *value * 10 + (p->text[p->at++] - '0');
    return p->at > from;
}

/* {m}, {m,}, {m,n}; anything else is text. */
static bool counted(parser *p, int *least, int *most)
{
    const size_t from = p->at;
    if (eat(p, '{') && number(p, least)) {
        *most = *least;
        if (eat(p, ',') && !number(p, most))
            *most = NO_LIMIT;
        if (eat(p, '}'))
            return true;
    }
    p->at = from;
    return false;
}

static bool repetition(parser *p, int *least, int *most)
{
    *least = 0;
    *most = NO_LIMIT;
    if (eat(p, '*'))
        return true;
    if (eat(p, '+')) {
        *least = 1;
        return true;
    }
    if (eat(p, '?')) {
        *most = 1;
        return true;
    }
    return counted(p, least, most);
}

/* The atom once more, from its text. */
static bool again(parser *p, size_t text, int groups)
{
    const size_t at = p->at;
    p->at = text;
    p->r->n_groups = groups; /* the same groups as the first time */
    const bool ok = atom(p);
    p->at = at;
    return ok;
}

/* The steps from `start` on are the atom, once: it shall occur least to most times. */
static bool repeat(parser *p, int start, size_t text, int groups, int least, int most)
{
    ln_regex *r = p->r;
    const bool lazy = eat(p, '?');
    if (least > MAX_REPEAT || most > MAX_REPEAT || (most != NO_LIMIT && most < least))
        return failed(p, "a count is too large or upside down");
    if (most == 0)
        r->n_steps = start;
    for (int i = 1; i < least; i++) {
        start = r->n_steps;
        if (!again(p, text, groups))
            return false;
    }
    const int length = r->n_steps - start;
    if (most == NO_LIMIT && least == 0)
        return insert_choice(p, start, length + 2, lazy) && emit(p, STEP_JUMP, -length - 1, 0);
    if (most == NO_LIMIT)
        return emit(p, STEP_CHOICE, lazy ? 1 : -length, lazy ? -length : 1);
    for (int i = LN_MAX(least, 1); i <= most; i++) { /* what is left is optional, one by one */
        if (i > 1 || least > 0) {
            if (i == least)
                continue;
            start = r->n_steps;
            if (!again(p, text, groups))
                return false;
        }
        if (!insert_choice(p, start, r->n_steps - start + 1, lazy))
            return false;
    }
    return true;
}

static bool pieces(parser *p)
{
    while (more(p) && p->text[p->at] != '|' && p->text[p->at] != ')') {
        const int start = p->r->n_steps, groups = p->r->n_groups;
        const size_t text = p->at;
        int least, most;
        if (!atom(p))
            return false;
        if (repetition(p, &least, &most) && !repeat(p, start, text, groups, least, most))
            return false;
    }
    return true;
}

static bool alternatives(parser *p)
{
    const int start = p->r->n_steps;
    if (++p->depth > MAX_DEPTH)
        return failed(p, "its groups are nested too deeply");
    if (!pieces(p))
        return false;
    if (eat(p, '|')) {
        if (!insert_choice(p, start, p->r->n_steps - start + 2, false))
            return false;
        const int jump = p->r->n_steps;
        if (!emit(p, STEP_JUMP, 0, 0) || !alternatives(p))
            return false;
        p->r->steps[jump].x = p->r->n_steps - jump;
    }
    p->depth--;
    return true;
}

ln_status ln_regex_compile(ln_regex *r, const char *pattern, size_t n, ln_diag *diag)
{
    parser p = {.r = r, .text = pattern, .n = n};
    r->n_steps = r->n_ranges = 0;
    r->n_groups = 1;
    memset(r->seen, 0, sizeof r->seen);
    r->round = 0;
    const bool ok = emit(&p, STEP_SAVE, 0, 0) && alternatives(&p) &&
                    (!more(&p) || failed(&p, ") has no (")) && emit(&p, STEP_SAVE, 1, 0) &&
                    emit(&p, STEP_MATCH, 0, 0);
    if (ok)
        return LN_OK;
    return ln_fail(diag, LN_ERR_UNSUPPORTED, "the regular expression \"%.*s\": %s, at %zu",
                   (int)LN_MIN(n, (size_t)80), pattern, p.error, p.at);
}
