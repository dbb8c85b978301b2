/* SPDX-License-Identifier: Apache-2.0 */
/* base/: what everything else stands on: status codes, diagnostics, allocation, arenas, checked
 * arithmetic, files, threads, clocks.  base/ knows nothing of tensors or models.
 *
 * status.h: the one error code type.  Everything that can fail returns an ln_status; the human
 * message goes to an ln_diag (diag.h). */
#ifndef LN_BASE_STATUS_H
#define LN_BASE_STATUS_H

#include "base/compiler.h"

#define LN_STATUS_MAP(X)                                         \
    X(OK, "ok")                                                  \
    X(ERR_MEMORY, "out of memory")                               \
    X(ERR_ARGUMENT, "invalid argument")                          \
    X(ERR_FORMAT, "malformed data")                              \
    X(ERR_UNSUPPORTED, "not supported")                          \
    X(ERR_IO, "input/output error")                              \
    X(ERR_STATE, "called in the wrong state")                    \
    X(ERR_DELEGATE, "delegate failed")                           \
    X(ERR_CANCELLED, "cancelled")                                \
    X(ERR_NOT_FOUND, "not found")                                \
    X(ERR_UNKNOWN_SHAPE, "output shape is not known yet")

typedef enum ln_status {
#define X(name, text) LN_##name,
    LN_STATUS_MAP(X)
#undef X
} ln_status;

/* The text of a status, static storage. */
const char *ln_status_text(ln_status status);

/* Returns a failure upwards. */
#define LN_TRY(expr)                     \
    do {                                 \
        const ln_status try_ = (expr);   \
        if (try_ != LN_OK)               \
            return try_;                 \
    } while (0)

#endif
