/* SPDX-License-Identifier: Apache-2.0 */
/* flex_unicode.c: strings as characters' numbers and back.
 *
 *   UnicodeDecode              strings [n] -> where each one's characters begin [n + 1], all
 *                              characters (int32)
 *   UnicodeDecodeWithOffsets   ... and at which byte of its string each begins (int64)
 *   UnicodeEncode              characters, where each string's begin [n + 1] -> strings [n]
 *   UnicodeTranscode           strings -> the same shape, in another encoding
 *
 * Encodings: UTF-8, UTF-16-BE, UTF-32-BE; US-ASCII and ISO-8859-1 are read too.  What is malformed
 * is replaced, left out, or an error, by the attributes. */
#include <stdio.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"
#include "ops/flex/utf8.h"
#include "ops/move.h"

typedef enum coding { UTF_8, UTF_16, UTF_32, ASCII, LATIN_1, UNKNOWN_CODING } coding;
enum { MALFORMED = LN_UTF8_MALFORMED, LAST_CODE = LN_UTF8_LAST };

/* ---- one character ---- */

static bool is_code(int64_t code)
{
    return code >= 0 && code <= LAST_CODE && !(code >= 0xD800 && code <= 0xDFFF);
}

static int next_utf16(const uint8_t *s, size_t n, size_t *used)
{
    const int first = n < 2 ? MALFORMED : s[0] << 8 | s[1];
    *used = n < 2 ? n : 2;
    if (first < 0xD800 || first > 0xDFFF)
        return first;
    if (first > 0xDBFF || n < 4 || (s[2] & 0xFC) != 0xDC) {
        *used = first <= 0xDBFF && n == 3 ? 3 : 2;
        return MALFORMED;
    }
    *used = 4;
    return 0x10000 + ((first & 0x3FF) << 10 | (s[2] & 3) << 8 | s[3]);
}

static int next_utf32(const uint8_t *s, size_t n, size_t *used)
{
    *used = LN_MIN(n, 4);
    if (n < 4)
        return MALFORMED;
    const int64_t code = (int64_t)s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3];
    return is_code(code) ? (int)code : MALFORMED;
}

static int next_code(coding from, const uint8_t *s, size_t n, size_t *used)
{
    switch (from) {
    case UTF_8:
        return ln_utf8_next(s, n, used);
    case UTF_16:
        return next_utf16(s, n, used);
    case UTF_32:
        return next_utf32(s, n, used);
    default:
        *used = 1;
        return from == ASCII && s[0] > 127 ? MALFORMED : s[0];
    }
}

static size_t put_utf8(int code, uint8_t out[4])
{
    const size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3F));
    out[0] = (uint8_t)(n == 1 ? code : (0xF00 >> n & 0xFF) | code);
    return n;
}

static size_t put_code(coding to, int code, uint8_t out[4])
{
    if (to == UTF_8)
        return put_utf8(code, out);
    if (to == UTF_16 && code < 0x10000) {
        out[0] = (uint8_t)(code >> 8);
        out[1] = (uint8_t)code;
        return 2;
    }
    if (to == UTF_16) {
        const int high = 0xD800 | (code - 0x10000) >> 10, low = 0xDC00 | (code & 0x3FF);
        out[0] = (uint8_t)(high >> 8);
        out[1] = (uint8_t)high;
        out[2] = (uint8_t)(low >> 8);
        out[3] = (uint8_t)low;
        return 4;
    }
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(code >> (24 - 8 * i));
    return 4;
}

/* ---- the attributes ---- */

typedef struct job {
    ln_call *c;
    coding from, to;
    int replacement;
    bool strict, leave_out, control;
    ln_strings x;
} job;

static coding find_coding(const ln_call *c, const char *attribute, const char *fallback)
{
    static const char *const names[] = {"UTF-8", "UTF-16-BE", "UTF-32-BE", "US-ASCII",
                                        "ISO-8859-1"};
    for (int i = 0; i < (int)LN_COUNTOF(names); i++)
        if (ln_flex_str_is(c, attribute, names[i], fallback))
            return (coding)i;
    return UNKNOWN_CODING;
}

static ln_status open_job(ln_call *c, job *j)
{
    const int64_t replacement = ln_flex_int(c, "replacement_char", 0xFFFD);
    *j = (job){.c = c,
               .from = find_coding(c, "input_encoding", "UTF-8"),
               .to = find_coding(c, "output_encoding", "UTF-8"),
               .strict = ln_flex_str_is(c, "errors", "strict", "replace"),
               .leave_out = ln_flex_str_is(c, "errors", "ignore", "replace"),
               .control = ln_flex_flag(c, "replace_control_characters", false)};
    LN_CHECK(c, j->from != UNKNOWN_CODING, "this input_encoding is not supported");
    LN_CHECK(c, j->to <= UTF_32, "this output_encoding is not supported");
    LN_CHECK(c, is_code(replacement), "replacement_char is %lld", (long long)replacement);
    j->replacement = (int)replacement;
    return LN_OK;
}

/* The next character as it is to be, MALFORMED where it is left out. */
static int next(const job *j, ln_string *rest, size_t *used)
{
    int code = next_code(j->from, (const uint8_t *)rest->text, rest->n, used);
    rest->text += *used;
    rest->n -= *used;
    if (code == MALFORMED || (j->control && code <= 0x1F))
        code = j->leave_out ? MALFORMED : j->replacement;
    return code;
}

static ln_status check_strict(ln_call *c, const job *j)
{
    size_t used;
    for (int k = 0; j->strict && k < j->x.count; k++) {
        const ln_string s = ln_strings_at(&j->x, k);
        for (size_t at = 0; at < s.n; at += used)
            LN_CHECK(c,
                     next_code(j->from, (const uint8_t *)s.text + at, s.n - at, &used) != MALFORMED,
                     "string %d is malformed at byte %zu", k, at);
    }
    return LN_OK;
}

/* ---- UnicodeDecode ---- */

enum { SPLITS, CODES, OFFSETS };

static int64_t count_codes(const job *j)
{
    int64_t n = 0;
    size_t used;
    for (int k = 0; k < j->x.count; k++)
        for (ln_string s = ln_strings_at(&j->x, k); s.n > 0;)
            n += next(j, &s, &used) != MALFORMED;
    return n;
}

static ln_status decode_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape splits = {.rank = 1, .dim = {-1}}, codes = splits;
    TfLiteType type;
    job j;
    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    LN_TRY(ln_flex_index_type(c, "Tsplits", kTfLiteInt64, &type));
    LN_TRY(open_job(c, &j));
    const int n = ln_shape_count(&x, 0, x.rank);
    splits.dim[0] = n < 0 || n == INT32_MAX ? -1 : n + 1;
    if (c->run) {
        LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
        const int64_t all = count_codes(&j);
        LN_CHECK(c, all <= INT32_MAX / 2, "the strings have %lld characters", (long long)all);
        codes.dim[0] = (int)all;
    }
    LN_TRY(ln_set_out(c, SPLITS, type, &splits));
    LN_TRY(ln_set_out(c, CODES, kTfLiteInt32, &codes));
    return c->n_out > OFFSETS ? ln_set_out(c, OFFSETS, kTfLiteInt64, &codes) : LN_OK;
}

static void set_split(TfLiteTensor *t, int k, int64_t v)
{
    if (t->type == kTfLiteInt64)
        t->data.i64[k] = v;
    else
        t->data.i32[k] = (int32_t)v;
}

static ln_status decode_eval(ln_call *c)
{
    int64_t n = 0;
    size_t used;
    job j;
    LN_TRY(open_job(c, &j));
    LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
    LN_TRY(check_strict(c, &j));
    set_split(c->out[SPLITS], 0, 0);
    for (int k = 0; k < ln_count(c->out[SPLITS]) - 1; k++) {
        const ln_string all = ln_strings_at(&j.x, k);
        for (ln_string s = all; s.n > 0;) {
            const int64_t at = (int64_t)(all.n - s.n);
            const int code = next(&j, &s, &used);
            if (code == MALFORMED)
                continue;
            c->out[CODES]->data.i32[n] = code;
            if (c->n_out > OFFSETS)
                c->out[OFFSETS]->data.i64[n] = at;
            n++;
        }
        set_split(c->out[SPLITS], k + 1, n);
    }
    return LN_OK;
}

LN_FLEX_OP(unicode_decode, "UnicodeDecode", 1, 1, 2, decode_infer, decode_eval);
LN_FLEX_OP(unicode_decode_with_offsets, "UnicodeDecodeWithOffsets", 1, 1, 3, decode_infer,
           decode_eval);

/* ---- UnicodeTranscode ---- */

static ln_status transcode_infer(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    return ln_infer_texts(c, kTfLiteString);
}

static void put(ln_texts *t, coding to, int code)
{
    uint8_t bytes[4];
    const size_t n = put_code(to, code, bytes);
    ln_texts_put(t, (const char *)bytes, n);
}

static size_t transcoded(void *arg, int k, char *out)
{
    const job *j = arg;
    ln_texts t = {.out = out};
    size_t used;
    for (ln_string s = ln_strings_at(&j->x, k); s.n > 0;) {
        const int code = next(j, &s, &used);
        if (code != MALFORMED)
            put(&t, j->to, code);
    }
    return t.n;
}

static ln_status transcode_eval(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    LN_TRY(ln_strings_open(c->diag, c->in[0], &j.x));
    LN_TRY(check_strict(c, &j));
    return ln_texts_write(c, 0, j.x.count, transcoded, &j);
}

LN_FLEX_OP(unicode_transcode, "UnicodeTranscode", 1, 1, 1, transcode_infer, transcode_eval);

/* ---- UnicodeEncode ---- */

static ln_status encode_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[1]);
    const ln_shape y = {.rank = 1, .dim = {s.dim[0] < 0 ? -1 : LN_MAX(s.dim[0] - 1, 0)}};
    job j;
    LN_TRY(open_job(c, &j));
    LN_TRY(ln_check_type(c, 0, LN_BIT(Int32)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c, ln_shape_of(c->in[0]).rank == 1 && s.rank == 1, "the inputs are no vectors");
    return ln_set_out(c, 0, kTfLiteString, &y);
}

static size_t encoded(void *arg, int k, char *out)
{
    const job *j = arg;
    const TfLiteTensor *splits = j->c->in[1];
    ln_texts t = {.out = out};
    for (int64_t i = ln_int_at(splits, k); i < ln_int_at(splits, k + 1); i++) {
        const int code = j->c->in[0]->data.i32[i];
        const bool good = is_code(code) && !(j->control && code <= 0x1F);
        if (good || !j->leave_out)
            put(&t, j->to, good ? code : j->replacement);
    }
    return t.n;
}

static ln_status encode_eval(ln_call *c)
{
    const int n = ln_count(c->in[1]), codes = ln_count(c->in[0]);
    job j;
    LN_TRY(open_job(c, &j));
    for (int k = 0; k < n; k++) {
        const int64_t from = k ? ln_int_at(c->in[1], k - 1) : 0, to = ln_int_at(c->in[1], k);
        LN_CHECK(c, to >= from && to <= codes, "string %d begins at %lld of %d", k, (long long)to,
                 codes);
    }
    for (int i = 0; j.strict && i < codes; i++)
        LN_CHECK(c, is_code(c->in[0]->data.i32[i]), "character %d is %d", i, c->in[0]->data.i32[i]);
    return ln_texts_write(c, 0, LN_MAX(n - 1, 0), encoded, &j);
}

LN_FLEX_OP(unicode_encode, "UnicodeEncode", 2, 2, 1, encode_infer, encode_eval);
