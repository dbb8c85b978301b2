/* SPDX-License-Identifier: Apache-2.0 */
/* flex_join.c: strings put together along axes, and in other letters.
 *
 *   ReduceJoin     x, axes -> x without these axes (keep_dims: 1 of each), whose strings are
 *                  joined, along the first of them first
 *   EncodeBase64   x -> the same shape, in the alphabet that is safe in URLs; `pad` adds "="
 *   DecodeBase64   x -> the same shape; with padding or without */
#include <string.h>

#include "ops/flex/flex.h"
#include "ops/flex/texts.h"
#include "ops/move.h"

/* ---- ReduceJoin ---- */

typedef struct join {
    ln_call *c;
    ln_strings x;
    ln_shape shape;
    int axes[LN_MAX_RANK], n_axes;
    bool joined[LN_MAX_RANK];
    int64_t step[LN_MAX_RANK];
    const char *separator;
    size_t separator_length;
} join;

static ln_status read_axes(ln_call *c, join *j)
{
    *j = (join){.c = c, .shape = ln_shape_of(c->in[0])};
    LN_TRY(ln_read_ints(c, 1, LN_MAX_RANK, j->axes, &j->n_axes));
    for (int i = 0; i < j->n_axes; i++) {
        LN_TRY(ln_axis(c, j->axes[i], j->shape.rank, &j->axes[i]));
        LN_CHECK(c, !j->joined[j->axes[i]], "axis %d is there twice", j->axes[i]);
        j->joined[j->axes[i]] = true;
    }
    return LN_OK;
}

static ln_status join_infer(ln_call *c)
{
    const bool keep = ln_flex_flag(c, "keep_dims", false);
    ln_shape y = {0};
    join j;
    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    LN_TRY(ln_check_index(c, 1));
    if (!ln_known(c, 1)) {
        y = ln_shape_unknown(keep ? ln_shape_of(c->in[0]).rank : -1);
        return ln_set_out(c, 0, kTfLiteString, &y);
    }
    LN_TRY(read_axes(c, &j));
    for (int i = 0; i < j.shape.rank; i++)
        if (!j.joined[i] || keep)
            y.dim[y.rank++] = j.joined[i] ? 1 : j.shape.dim[i];
    return ln_set_out(c, 0, kTfLiteString, &y);
}

static size_t joined_text(void *arg, int k, char *out)
{
    const join *j = arg;
    ln_texts t = {.out = out};
    int64_t first = 0, n = 1, rest = k;
    for (int i = j->shape.rank - 1; i >= 0; i--)
        if (!j->joined[i]) {
            first += rest % j->shape.dim[i] * j->step[i];
            rest /= j->shape.dim[i];
        } else {
            n *= j->shape.dim[i];
        }
    for (int64_t i = 0; i < n; i++) {
        int64_t at = first, turn = i;
        for (int a = 0; a < j->n_axes; a++) {
            at += turn % j->shape.dim[j->axes[a]] * j->step[j->axes[a]];
            turn /= j->shape.dim[j->axes[a]];
        }
        const ln_string s = ln_strings_at(&j->x, (int)at);
        if (i)
            ln_texts_put(&t, j->separator, j->separator_length);
        ln_texts_put(&t, s.text, s.n);
    }
    return t.n;
}

static ln_status join_eval(ln_call *c)
{
    join j;
    LN_TRY(read_axes(c, &j));
    LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
    ln_steps(&j.shape, j.step);
    j.separator = ln_flex_str(c, "separator", &j.separator_length);
    if (!j.separator)
        j.separator_length = 0;
    return ln_texts_write(c, 0, ln_count(c->out[0]), joined_text, &j);
}

LN_FLEX_OP(reduce_join, "ReduceJoin", 2, 2, 1, join_infer, join_eval);

/* ---- Base64 (RFC 4648, section 5) ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

typedef struct base64 {
    ln_strings x;
    bool pad;
} base64;

static ln_status base64_infer(ln_call *c)
{
    return ln_infer_texts(c, kTfLiteString);
}

static size_t encoded(void *arg, int k, char *out)
{
    const base64 *j = arg;
    const ln_string s = ln_strings_at(&j->x, k);
    ln_texts t = {.out = out};
    for (size_t i = 0; i < s.n; i += 3) {
        const size_t n = LN_MIN(s.n - i, (size_t)3);
        uint32_t bits = 0;
        for (size_t b = 0; b < 3; b++)
            bits = bits << 8 | (b < n ? (unsigned char)s.text[i + b] : 0);
        for (size_t b = 0; b < 4; b++)
            if (b <= n)
                ln_texts_put(&t, &letters[bits >> (18 - 6 * b) & 63], 1);
            else if (j->pad)
                ln_texts_put(&t, "=", 1);
    }
    return t.n;
}

static ln_status encode_eval(ln_call *c)
{
    base64 j = {.pad = ln_flex_flag(c, "pad", false)};
    LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
    return ln_texts_write(c, 0, j.x.count, encoded, &j);
}

LN_FLEX_OP(encode_base64, "EncodeBase64", 1, 1, 1, base64_infer, encode_eval);

/* The text without its padding. */
static ln_string unpadded(ln_string s)
{
    for (int i = 0; i < 2 && s.n && s.text[s.n - 1] == '='; i++)
        s.n--;
    return s;
}

static size_t decoded(void *arg, int k, char *out)
{
    const ln_string s = unpadded(ln_strings_at(&((const base64 *)arg)->x, k));
    ln_texts t = {.out = out};
    uint32_t bits = 0;
    int n = 0; /* bits that wait */
    for (size_t i = 0; i < s.n; i++) {
        const char *at = memchr(letters, s.text[i], sizeof letters - 1);
        bits = bits << 6 | (uint32_t)(at ? at - letters : 0);
        n += 6;
        if (n < 8)
            continue;
        n -= 8;
        const char byte = (char)(bits >> n & 255);
        ln_texts_put(&t, &byte, 1);
    }
    return t.n;
}

static ln_status decode_eval(ln_call *c)
{
    base64 j = {0};
    LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
    for (int k = 0; k < j.x.count; k++) {
        const ln_string s = unpadded(ln_strings_at(&j.x, k));
        bool fits = s.n % 4 != 1;
        for (size_t i = 0; fits && i < s.n; i++)
            fits = memchr(letters, s.text[i], sizeof letters - 1) != NULL;
        LN_CHECK(c, fits, "string %d is not in Base64", k);
    }
    return ln_texts_write(c, 0, j.x.count, decoded, &j);
}

LN_FLEX_OP(decode_base64, "DecodeBase64", 1, 1, 1, base64_infer, decode_eval);
