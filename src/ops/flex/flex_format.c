/* SPDX-License-Identifier: Apache-2.0 */
/* flex_format.c: StringFormat: the template with a tensor as text in place of each placeholder.  As
 * tf.print writes them: [[1 2] [3 4]] in lines, of more than 2 * summarize items in a dimension the
 * first and the last ones. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"

enum { NUMBERS = LN_INTEGERS | LN_BIT(Float32) | LN_BIT(Float64) | LN_BIT(Bool) };

static ln_status infer(ln_call *c)
{
    const ln_shape scalar = {0};
    for (int i = 0; i < c->n_in; i++)
        LN_TRY(ln_check_type(c, i, NUMBERS | LN_BIT(String)));
    return ln_set_out(c, 0, kTfLiteString, &scalar);
}

static void put(ln_texts *t, const char *text)
{
    ln_texts_put(t, text, strlen(text));
}

/* The shorter of two precisions that gives the number back. */
static void put_real(ln_texts *t, double v, bool single)
{
    char text[64];
    float f;
    double d;
    snprintf(text, sizeof text, "%.*g", single ? 6 : 15, v);
    if (single ? sscanf(text, "%f", &f) != 1 || (double)f != v
               : sscanf(text, "%lf", &d) != 1 || d != v)
        snprintf(text, sizeof text, "%.*g", single ? 9 : 17, v);
    put(t, v != v ? "nan" : text);
}

/* In quotes; bytes that are no printable ASCII are escaped, but for those of UTF-8. */
static void put_text(ln_texts *t, ln_string s)
{
    static const char plain[] = "\n\r\t\"'\\", letters[] = "nrt\"'\\";
    put(t, "\"");
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char byte = (unsigned char)s.text[i];
        const char *found = byte ? strchr(plain, byte) : NULL;
        char text[8];
        if (found)
            snprintf(text, sizeof text, "\\%c", letters[found - plain]);
        else if (byte < 0x20 || byte == 0x7F)
            snprintf(text, sizeof text, "\\%03o", byte);
        else
            snprintf(text, sizeof text, "%c", byte);
        put(t, text);
    }
    put(t, "\"");
}

static void put_item(ln_texts *t, const TfLiteTensor *x, int64_t at)
{
    char text[32];
    double real;
    int64_t whole;
    if (x->type == kTfLiteString) {
        const ln_strings all = {x->data.raw, (int)at + 1};
        put_text(t, ln_strings_at(&all, (int)at));
    } else if (x->type == kTfLiteFloat32 || x->type == kTfLiteFloat64) {
        const double *v = ln_lane_load(LN_F64, x->type, x->data.data, at, 1, &real);
        put_real(t, *v, x->type == kTfLiteFloat32);
    } else {
        const int64_t *v = ln_lane_load(LN_I64, x->type, x->data.data, at, 1, &whole);
        if (x->type == kTfLiteUInt64)
            snprintf(text, sizeof text, "%" PRIu64, (uint64_t)*v);
        else
            snprintf(text, sizeof text, "%" PRId64, *v);
        put(t, text);
    }
}

typedef struct printing {
    const TfLiteTensor *x;
    ln_shape s;
    int64_t most; /* items at each end */
} printing;

/* Between two items of a dimension. */
static void put_space(ln_texts *t, const printing *p, int axis)
{
    if (axis == p->s.rank - 1) {
        put(t, " ");
        return;
    }
    for (int k = axis + 1; k < p->s.rank; k++)
        put(t, "\n");
    for (int k = 0; k <= axis; k++)
        put(t, " ");
}

/* Items from `at` on, of dimension `axis`, in brackets. */
static void put_part(ln_texts *t, const printing *p, int axis, int64_t at)
{
    if (axis == p->s.rank) {
        put_item(t, p->x, at);
        return;
    }
    const int64_t n = p->s.dim[axis], size = ln_shape_count(&p->s, axis + 1, p->s.rank);
    const int64_t first = LN_MIN(p->most, n), tail = LN_MAX(p->most, n - p->most);
    put(t, "[");
    for (int64_t i = 0; i < first; i++) {
        if (i)
            put_space(t, p, axis);
        put_part(t, p, axis + 1, at + i * size);
    }
    if (n > 2 * p->most) {
        put_space(t, p, axis);
        put(t, "...");
    }
    for (int64_t i = tail; i < n; i++) {
        put_space(t, p, axis);
        put_part(t, p, axis + 1, at + i * size);
    }
    put(t, "]");
}

static void put_tensor(ln_texts *t, const ln_call *c, const TfLiteTensor *x)
{
    const int64_t n = ln_count(x), most = ln_flex_int(c, "summarize", 3);
    const printing p = {x, ln_shape_of(x), most < 0 ? n : LN_MIN(most, n)};
    if (p.s.rank == 0 && p.most == 0 && x->type != kTfLiteBool)
        put(t, "...");
    else if (p.most > 0 || x->type != kTfLiteBool) /* TensorFlow writes of bool nothing at all */
        put_part(t, &p, 0, 0);
}

/* "%s" where the node does not state it. */
static ln_string pattern(const ln_call *c, const char *name)
{
    ln_string s = {"%s", 2};
    size_t n;
    const char *text = ln_flex_str(c, name, &n);
    return text ? (ln_string){text, n} : s;
}

static size_t format(void *arg, int k, char *out)
{
    const ln_call *c = arg;
    const ln_string text = pattern(c, "template"), mark = pattern(c, "placeholder");
    ln_texts t = {.out = out};
    int input = 0;
    (void)k;
    for (size_t i = 0; i < text.n;) {
        if (input == c->n_in || mark.n == 0 || text.n - i < mark.n ||
            memcmp(text.text + i, mark.text, mark.n) != 0) {
            ln_texts_put(&t, text.text + i++, 1);
            continue;
        }
        put_tensor(&t, c, c->in[input++]);
        i += mark.n;
    }
    return t.n;
}

static ln_status eval(ln_call *c)
{
    ln_strings s;
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i]->type == kTfLiteString)
            LN_TRY(ln_strings_open(c->diag, c->in[i], &s));
    return ln_texts_write(c, 0, 1, format, c);
}

LN_FLEX_OP(string_format, "StringFormat", 0, -1, 1, infer, eval);
