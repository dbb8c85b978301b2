/* SPDX-License-Identifier: Apache-2.0 */
/* strings.c: reads and writes TFLite's packed string tensors; see strings.h.  A block comes from
 * the file or the caller, so that every offset is looked at before any is used. */
#include "ops/strings.h"

#include <limits.h>
#include <string.h>

/* Blocks in a file need not be aligned. */
static int32_t load(const char *block, int i)
{
    int32_t v;
    memcpy(&v, block + (size_t)i * sizeof v, sizeof v);
    return v;
}

ln_status ln_strings_open(ln_diag *diag, const TfLiteTensor *t, ln_strings *s)
{
    const char *name = t->name ? t->name : "";
    const int want = ln_count(t);
    *s = (ln_strings){.block = t->data.raw_const, .count = 0};
    if (want == 0 && t->bytes < sizeof(int32_t))
        return LN_OK;
    if (!t->data.raw_const || t->bytes < sizeof(int32_t))
        return ln_fail(diag, LN_ERR_FORMAT, "string tensor '%s' has %zu bytes", name, t->bytes);
    s->count = load(s->block, 0);
    if (s->count != want)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "string tensor '%s' holds %d strings, its shape says %d", name, s->count,
                       want);
    const uint64_t header = ((uint64_t)s->count + 2) * sizeof(int32_t);
    if (header > t->bytes)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "string tensor '%s': %d strings do not fit in %zu bytes", name, s->count,
                       t->bytes);
    for (int i = 0; i <= s->count; i++) {
        const int32_t at = load(s->block, i + 1);
        if (at < 0 || (uint64_t)at > t->bytes || (uint64_t)at < header ||
            (i > 0 && at < load(s->block, i)))
            return ln_fail(diag, LN_ERR_FORMAT, "string tensor '%s': offset %d of string %d is bad",
                           name, (int)at, i);
    }
    return LN_OK;
}

ln_string ln_strings_at(const ln_strings *s, int k)
{
    const int32_t from = load(s->block, k + 1), to = load(s->block, k + 2);
    return (ln_string){.text = s->block + from, .n = (size_t)(to - from)};
}

ln_status ln_strings_write(ln_call *c, int out, int count, ln_string_get get, void *arg)
{
    return ln_strings_set(c, c->out[out], count, get, arg);
}

ln_status ln_strings_set(ln_call *c, TfLiteTensor *t, int count, ln_string_get get, void *arg)
{
    const uint64_t header = ((uint64_t)count + 2) * sizeof(int32_t);
    uint64_t total = header;
    for (int k = 0; k < count && total <= INT_MAX; k++)
        total += get(arg, k).n;
    LN_CHECK(c, total <= INT_MAX, "the strings to write take more than %d bytes", INT_MAX);
    LN_TRY(c->host->set_bytes(c->host, t, (size_t)total));

    char *block = t->data.raw;
    int32_t at = (int32_t)header;
    memcpy(block, &(int32_t){count}, sizeof at);
    memcpy(block + sizeof at, &at, sizeof at);
    for (int k = 0; k < count; k++) {
        const ln_string s = get(arg, k);
        if (s.n)
            memcpy(block + at, s.text, s.n);
        at += (int32_t)s.n;
        memcpy(block + ((size_t)k + 2) * sizeof at, &at, sizeof at);
    }
    return LN_OK;
}
