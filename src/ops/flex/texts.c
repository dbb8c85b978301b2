/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c: outputs of strings that are made; see texts.h. */
#include "ops/flex/texts.h"

#include <string.h>

ln_status ln_texts_write(ln_call *c, int out, int count, ln_text_fn text, void *arg)
{
    const size_t header = ((size_t)count + 2) * sizeof(int32_t);
    TfLiteTensor *t = c->out[out];
    size_t total = header;
    for (int k = 0; k < count; k++) {
        total += text(arg, k, NULL);
        LN_CHECK(c, total <= INT32_MAX, "the strings of output %d take more than 2 GB", out);
    }
    LN_TRY(c->host->set_bytes(c->host, t, total));
    char *block = t->data.raw;
    const int32_t n = count;
    int32_t at = (int32_t)header;
    memcpy(block, &n, sizeof n);
    memcpy(block + sizeof n, &at, sizeof at);
    for (int k = 0; k < count; k++) {
        at += (int32_t)text(arg, k, block + at);
        memcpy(block + ((size_t)k + 2) * sizeof at, &at, sizeof at);
    }
    return LN_OK;
}

void ln_texts_put(ln_texts *t, const char *text, size_t n)
{
    if (t->out && n)
        memcpy(t->out + t->n, text, n);
    t->n += n;
}

ln_status ln_infer_texts(ln_call *c, TfLiteType to)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    return ln_set_out(c, 0, to, &s);
}

ln_status ln_texts_single(ln_call *c, int i, ln_string *s)
{
    ln_strings x;
    LN_TRY(ln_strings_open(c->diag, c->in[i], &x));
    LN_CHECK(c, x.count == 1, "input %d has %d strings, not 1", i, x.count);
    *s = ln_strings_at(&x, 0);
    return LN_OK;
}
