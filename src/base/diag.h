/* SPDX-License-Identifier: Apache-2.0 */
/* diag.h: where messages go.  An ln_diag is an explicit sink: no globals, no stderr.  It keeps the
 * last message and, where set, hands each one to a callback (the C API's error reporter, the
 * command's stderr).  `where` is a prefix kept up to date by whoever walks a graph, so that a
 * message names its node without the op knowing. */
#ifndef LN_BASE_DIAG_H
#define LN_BASE_DIAG_H

#include <stdarg.h>

#include "base/status.h"

enum { LN_DIAG_TEXT = 512, LN_DIAG_WHERE = 160 };

typedef struct ln_diag {
    void (*sink)(void *user, const char *message); /* may be NULL: the message is only kept */
    void *user;
    char where[LN_DIAG_WHERE];                     /* "node 3 (CONV_2D)", or "" */
    /* Writes `where` only when there is a message: for whoever moves on often. */
    void (*locate)(const void *at, char *text, size_t n);
    const void *at;                                /* for `locate`; NULL: nowhere */
    char text[LN_DIAG_TEXT];                       /* the last message, with its prefix */
} ln_diag;

/* Records and hands on a message; returns `status` so that a caller can `return ln_fail(...)`.
 * `diag` may be NULL. */
ln_status ln_fail(ln_diag *diag, ln_status status, const char *fmt, ...) LN_PRINTF(3, 4);
ln_status ln_failv(ln_diag *diag, ln_status status, const char *fmt, va_list args);

/* Sets the prefix of the messages that follow; NULL or "" clears it. */
void ln_diag_where(ln_diag *diag, const char *fmt, ...) LN_PRINTF(2, 3);

/* `c` is anything with a member `ln_diag *diag`. */
#define LN_FAIL(c, code, ...) return ln_fail((c)->diag, (code), __VA_ARGS__)
#define LN_CHECK(c, cond, ...)                                          \
    do {                                                                \
        if (!(cond))                                                    \
            return ln_fail((c)->diag, LN_ERR_ARGUMENT, __VA_ARGS__);    \
    } while (0)

#endif
