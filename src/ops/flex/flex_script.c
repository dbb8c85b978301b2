/* SPDX-License-Identifier: Apache-2.0 */
/* flex_script.c: UnicodeScript: characters -> the numbers of the scripts that they belong to, as
 * the library ICU counts them; -1 for what is no character.  unicode_scripts.def has the runs. */
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/utf8.h"

/* Where a run of characters begins, times 256, and its script. */
static const uint32_t runs[] = {
#define RUN(first, script) (uint32_t)(first) << 8 | (script),
#include "ops/flex/unicode_scripts.def"
#undef RUN
};

static int32_t script_of(int32_t character)
{
    size_t low = 0, high = LN_COUNTOF(runs);
    if (character < 0 || character > LN_UTF8_LAST)
        return -1;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (runs[middle] >> 8 <= (uint32_t)character)
            low = middle;
        else
            high = middle;
    }
    return (int32_t)(runs[low] & 0xff);
}

static ln_status infer(ln_call *c)
{
    return ln_infer_like(c, LN_BIT(Int32));
}

static ln_status eval(ln_call *c)
{
    for (int i = 0, n = ln_count(c->out[0]); i < n; i++)
        c->out[0]->data.i32[i] = script_of(c->in[0]->data.i32[i]);
    return LN_OK;
}

LN_FLEX_OP(unicode_script, "UnicodeScript", 1, 1, 1, infer, eval);
