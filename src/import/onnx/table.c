/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: the table, from rows.def. */
#include <string.h>

#include "import/onnx/families.h"

#define LN_OX_ROW(domain, op, fn, to, arg, fate, since, note) \
    {domain, op, fn, to, arg, LN_FATE_##fate, since, note},
#define OP(name) (&ln_op_##name)
static const ln_ox_row rows[] = {
#include "import/onnx/rows.def"
};

const ln_ox_row *ln_ox_find(const char *domain, const char *op)
{
    if (!domain || strcmp(domain, "ai.onnx") == 0)
        domain = "";
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (strcmp(rows[i].op, op) == 0 && strcmp(rows[i].domain, domain) == 0)
            return &rows[i];
    return NULL;
}

const ln_ox_row *ln_ox_row_at(int i)
{
    return i >= 0 && (size_t)i < LN_COUNTOF(rows) ? &rows[i] : NULL;
}
