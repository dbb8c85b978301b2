/* SPDX-License-Identifier: Apache-2.0 */
/* flex_string.c: strings, one by one.
 *
 *   StringLower, StringUpper, StringStrip     x -> the same shape
 *   StringLength                              x -> int32
 *   Substr                                    x, pos, len -> the same shape
 *   StringJoin                                any number of one shape, or scalars -> that shape
 *   AsString                                  numbers -> strings
 *   StringToNumber                            strings -> out_type
 *   StringToHashBucketFast                    strings -> int64 in [0, num_buckets) */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/fingerprint.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"

/* What all of them know of their call. */
typedef struct job {
    ln_call *c;
    ln_strings x;
    int sign; /* of a change of case */
} job;

static ln_status open_job(ln_call *c, job *j)
{
    *j = (job){.c = c};
    return ln_strings_open(c->diag, c->in[0], &j->x);
}

static ln_status texts_infer(ln_call *c)
{
    return ln_infer_texts(c, kTfLiteString);
}

/* ---- case ---- */

static size_t cased(void *arg, int k, char *out)
{
    const job *j = arg;
    const ln_string s = ln_strings_at(&j->x, k);
    const char first = j->sign > 0 ? 'A' : 'a';
    for (size_t i = 0; out && i < s.n; i++) {
        const bool letter = s.text[i] >= first && s.text[i] < first + 26;
        out[i] = (char)(letter ? s.text[i] + j->sign * 32 : s.text[i]);
    }
    return s.n;
}

/* With the encoding "utf-8" TensorFlow changes letters of all scripts; here ASCII is all. */
static ln_status check_ascii(ln_call *c, const ln_strings *x)
{
    if (!ln_flex_str_is(c, "encoding", "utf-8", ""))
        return LN_OK;
    for (int k = 0; k < x->count; k++) {
        const ln_string s = ln_strings_at(x, k);
        for (size_t i = 0; i < s.n; i++)
            if ((unsigned char)s.text[i] > 127)
                return ln_fail(c->diag, LN_ERR_UNSUPPORTED,
                               "string %d is not ASCII: the case of other letters is not known", k);
    }
    return LN_OK;
}

static ln_status case_eval(ln_call *c, int sign)
{
    job j;
    LN_TRY(open_job(c, &j));
    LN_TRY(check_ascii(c, &j.x));
    j.sign = sign;
    return ln_texts_write(c, 0, j.x.count, cased, &j);
}

static ln_status lower_eval(ln_call *c)
{
    return case_eval(c, 1);
}

static ln_status upper_eval(ln_call *c)
{
    return case_eval(c, -1);
}

LN_FLEX_OP(string_lower, "StringLower", 1, 1, 1, texts_infer, lower_eval);
LN_FLEX_OP(string_upper, "StringUpper", 1, 1, 1, texts_infer, upper_eval);

/* ---- StringStrip ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static ln_string stripped(ln_string s)
{
    while (s.n && is_space(s.text[s.n - 1]))
        s.n--;
    while (s.n && is_space(*s.text)) {
        s.text++;
        s.n--;
    }
    return s;
}

static ln_string get_stripped(void *arg, int k)
{
    return stripped(ln_strings_at(&((const job *)arg)->x, k));
}

static ln_status strip_eval(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    return ln_strings_write(c, 0, j.x.count, get_stripped, &j);
}

LN_FLEX_OP(string_strip, "StringStrip", 1, 1, 1, texts_infer, strip_eval);

/* ---- StringLength, Substr: bytes, or characters of UTF-8 ---- */

static bool counts_characters(const ln_call *c)
{
    return ln_flex_str_is(c, "unit", "UTF8_CHAR", "BYTE");
}

/* True where a character begins. */
static bool begins(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t length_of(ln_string s, bool characters)
{
    size_t n = characters ? 0 : s.n;
    for (size_t i = 0; characters && i < s.n; i++)
        n += begins(s.text[i]);
    return n;
}

/* The byte where unit `at` begins; the end for the unit behind the last. */
static size_t byte_of(ln_string s, size_t at, bool characters)
{
    size_t i = characters ? 0 : at;
    for (size_t seen = 0; characters && i < s.n; i++)
        if (begins(s.text[i]) && seen++ == at)
            return i;
    return LN_MIN(i, s.n);
}

static ln_status length_infer(ln_call *c)
{
    return ln_infer_texts(c, kTfLiteInt32);
}

static ln_status length_eval(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    for (int k = 0; k < j.x.count; k++)
        c->out[0]->data.i32[k] = (int32_t)length_of(ln_strings_at(&j.x, k), counts_characters(c));
    return LN_OK;
}

LN_FLEX_OP(string_length, "StringLength", 1, 1, 1, length_infer, length_eval);

static int64_t whole(const TfLiteTensor *t, int k)
{
    k = ln_count(t) == 1 ? 0 : k;
    return t->type == kTfLiteInt64 ? t->data.i64[k] : t->data.i32[k];
}

static ln_status substr_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    for (int i = 1; i < 3; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Int32) | LN_BIT(Int64)));
        LN_CHECK(c,
                 ln_shape_count(&s, 0, s.rank) == 1 || ln_shape_equal(&s, &x) ||
                     !ln_shape_known(&s) || !ln_shape_known(&x),
                 "input %d is neither one number nor of the strings' shape", i);
    }
    return ln_infer_texts(c, kTfLiteString);
}

static ln_string get_substr(void *arg, int k)
{
    const job *j = arg;
    const bool characters = counts_characters(j->c);
    ln_string s = ln_strings_at(&j->x, k);
    const int64_t n = (int64_t)length_of(s, characters), at = whole(j->c->in[1], k);
    const int64_t from = at < 0 ? at + n : at;
    const int64_t length = LN_MIN(LN_MAX(whole(j->c->in[2], k), 0), n - from);
    const size_t begin = byte_of(s, (size_t)from, characters);
    s.n = byte_of(s, (size_t)(from + length), characters) - begin;
    s.text += begin;
    return s;
}

static ln_status substr_eval(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    for (int i = 1; i < 3; i++)
        LN_CHECK(c, ln_count(c->in[i]) == 1 || ln_count(c->in[i]) == j.x.count,
                 "input %d has %d numbers for %d strings", i, ln_count(c->in[i]), j.x.count);
    for (int k = 0; k < j.x.count; k++) {
        const ln_string s = ln_strings_at(&j.x, k);
        const int64_t n = (int64_t)length_of(s, counts_characters(c)), at = whole(c->in[1], k);
        LN_CHECK(c, at >= -n && at <= n, "position %lld is outside of string %d, of length %lld",
                 (long long)at, k, (long long)n);
    }
    return ln_strings_write(c, 0, j.x.count, get_substr, &j);
}

LN_FLEX_OP(substr, "Substr", 3, 3, 1, substr_infer, substr_eval);

/* ---- StringJoin ---- */

static ln_status join_infer(ln_call *c)
{
    ln_shape y = {0};
    for (int i = 0; i < c->n_in; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        if (c->in[i]->type != kTfLiteString)
            return ln_fail_type(c, i);
        LN_CHECK(c,
                 s.rank == 0 || y.rank == 0 || ln_shape_equal(&s, &y) || !ln_shape_known(&s) ||
                     !ln_shape_known(&y),
                 "input %d has another shape than those before it", i);
        y = s.rank ? s : y;
    }
    return ln_set_out(c, 0, kTfLiteString, &y);
}

static size_t joined(void *arg, int k, char *out)
{
    const job *j = arg;
    ln_texts t = {.out = out};
    size_t n = 0;
    const char *separator = ln_flex_str(j->c, "separator", &n);
    for (int i = 0; i < j->c->n_in; i++) {
        const ln_strings x = {j->c->in[i]->data.raw, ln_count(j->c->in[i])};
        const ln_string s = ln_strings_at(&x, x.count == 1 ? 0 : k);
        if (i && separator)
            ln_texts_put(&t, separator, n);
        ln_texts_put(&t, s.text, s.n);
    }
    return t.n;
}

static ln_status join_eval(ln_call *c)
{
    const int count = ln_count(c->out[0]);
    job j = {.c = c};
    for (int i = 0; i < c->n_in; i++) {
        LN_TRY(ln_strings_open(c->diag, c->in[i], &j.x));
        LN_CHECK(c, j.x.count == 1 || j.x.count == count, "input %d has %d strings, not %d", i,
                 j.x.count, count);
    }
    return ln_texts_write(c, 0, count, joined, &j);
}

LN_FLEX_OP(string_join, "StringJoin", 1, -1, 1, join_infer, join_eval);

/* ---- numbers ---- */

static ln_status as_string_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_INTEGERS | LN_BIT(Bool) | LN_BIT(Float32) | LN_BIT(Float64)));
    LN_CHECK(c, ln_flex_int(c, "width", -1) <= 64 && ln_flex_int(c, "precision", -1) <= 64,
             "a width or precision of more than 64 is not supported");
    return ln_set_out(c, 0, kTfLiteString, &s);
}

/* What printf makes of the number by the attributes; bool is a word. */
static size_t number_text(void *arg, int k, char *out)
{
    const ln_call *c = ((const job *)arg)->c;
    const TfLiteTensor *x = c->in[0];
    const int width = (int)ln_flex_int(c, "width", -1);
    const int precision = (int)ln_flex_int(c, "precision", -1);
    char text[512], format[32], flags[2] = {0};
    double value;
    int64_t integer;
    size_t n = 0;
    const char *fill = ln_flex_str(c, "fill", &n);
    flags[0] = (char)(fill && n == 1 && strchr(" 0-+", *fill) ? *fill : 0);
    if (x->type == kTfLiteBool) /* whatever a file has for true */
        snprintf(text, sizeof text, "%s", x->data.uint8[k] ? "true" : "false");
    else if (x->type == kTfLiteFloat32 || x->type == kTfLiteFloat64) {
        const double *v = ln_lane_load(LN_F64, x->type, x->data.data, k, 1, &value);
        const char kind = ln_flex_flag(c, "scientific", false) ? 'e'
                          : ln_flex_flag(c, "shortest", false) ? 'g'
                                                               : 'f';
        snprintf(format, sizeof format, "%%%s*.*%c", flags, kind);
        snprintf(text, sizeof text, format, width < 0 ? 0 : width, precision < 0 ? 6 : precision,
                 *v);
    } else {
        const int64_t *v = ln_lane_load(LN_I64, x->type, x->data.data, k, 1, &integer);
        snprintf(format, sizeof format, "%%%s*%s", flags,
                 x->type == kTfLiteUInt64 ? PRIu64 : PRId64);
        snprintf(text, sizeof text, format, width < 0 ? 0 : width, *v);
    }
    ln_texts t = {.out = out};
    ln_texts_put(&t, text, strlen(text));
    return t.n;
}

static ln_status as_string_eval(ln_call *c)
{
    job j = {.c = c};
    return ln_texts_write(c, 0, ln_count(c->in[0]), number_text, &j);
}

LN_FLEX_OP(as_string, "AsString", 1, 1, 1, as_string_infer, as_string_eval);

static ln_status to_number_infer(ln_call *c)
{
    const TfLiteType to = ln_flex_type(c, "out_type", kTfLiteFloat32);
    LN_CHECK(
        c, to == kTfLiteFloat32 || to == kTfLiteFloat64 || to == kTfLiteInt32 || to == kTfLiteInt64,
        "out_type %s is no number that text is read as", ln_type_name(to));
    return ln_infer_texts(c, to);
}

/* Reads `text` as a whole, blanks around it aside. */
static bool parse_number(TfLiteTensor *y, int k, const char *text)
{
    char *end = NULL;
    errno = 0;
    if (y->type == kTfLiteFloat32)
        y->data.f[k] = strtof(text, &end);
    else if (y->type == kTfLiteFloat64)
        y->data.f64[k] = strtod(text, &end);
    else {
        const long long v = strtoll(text, &end, 10);
        if (errno || (y->type == kTfLiteInt32 && (v < INT32_MIN || v > INT32_MAX)))
            return false;
        if (y->type == kTfLiteInt32)
            y->data.i32[k] = (int32_t)v;
        else
            y->data.i64[k] = v;
    }
    return end != text && *end == 0;
}

static ln_status to_number_eval(ln_call *c)
{
    job j;
    char text[128];
    LN_TRY(open_job(c, &j));
    for (int k = 0; k < j.x.count; k++) {
        const ln_string s = stripped(ln_strings_at(&j.x, k));
        const bool fits = s.n < sizeof text && !memchr(s.text, 0, s.n);
        memcpy(text, s.text, fits ? s.n : 0);
        text[fits ? s.n : 0] = 0;
        LN_CHECK(c, fits && parse_number(c->out[0], k, text), "string %d, \"%.*s\", is no number",
                 k, (int)LN_MIN(s.n, (size_t)40), s.text);
    }
    return LN_OK;
}

LN_FLEX_OP(string_to_number, "StringToNumber", 1, 1, 1, to_number_infer, to_number_eval);

/* ---- StringToHashBucketFast ---- */

static ln_status hash_infer(ln_call *c)
{
    LN_CHECK(c, ln_flex_int(c, "num_buckets", 0) > 0, "num_buckets is %lld",
             (long long)ln_flex_int(c, "num_buckets", 0));
    return ln_infer_texts(c, kTfLiteInt64);
}

static ln_status hash_eval(ln_call *c)
{
    const uint64_t buckets = (uint64_t)ln_flex_int(c, "num_buckets", 1);
    job j;
    LN_TRY(open_job(c, &j));
    for (int k = 0; k < j.x.count; k++) {
        const ln_string s = ln_strings_at(&j.x, k);
        c->out[0]->data.i64[k] = (int64_t)(ln_fingerprint64_text(s.text, s.n) % buckets);
    }
    return LN_OK;
}

LN_FLEX_OP(string_to_hash_bucket_fast, "StringToHashBucketFast", 1, 1, 1, hash_infer, hash_eval);
