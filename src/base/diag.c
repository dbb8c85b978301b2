/* SPDX-License-Identifier: Apache-2.0 */
/* diag.c: status texts and the message sink. */
#include "base/diag.h"

#include <stdio.h>
#include <string.h>

const char *ln_status_text(ln_status status)
{
    static const char *const texts[] = {
#define X(name, text) text,
        LN_STATUS_MAP(X)
#undef X
    };
    return (size_t)status < LN_COUNTOF(texts) ? texts[status] : "unknown status";
}

ln_status ln_failv(ln_diag *diag, ln_status status, const char *fmt, va_list args)
{
    if (!diag)
        return status;
    int n = 0;
    if (diag->locate && diag->at)
        diag->locate(diag->at, diag->where, sizeof diag->where);
    if (diag->where[0])
        n = snprintf(diag->text, sizeof diag->text, "%s: ", diag->where);
    vsnprintf(diag->text + n, sizeof diag->text - (size_t)n, fmt, args);
    if (diag->sink)
        diag->sink(diag->user, diag->text);
    return status;
}

ln_status ln_fail(ln_diag *diag, ln_status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    ln_failv(diag, status, fmt, args);
    va_end(args);
    return status;
}

void ln_diag_where(ln_diag *diag, const char *fmt, ...)
{
    if (!diag)
        return;
    diag->where[0] = '\0';
    if (!fmt)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(diag->where, sizeof diag->where, fmt, args);
    va_end(args);
}
