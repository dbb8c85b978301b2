/* SPDX-License-Identifier: Apache-2.0 */
/* no_keras.c: in the place of keras/ where there is no zlib. */
#include "import/import.h"

ln_status ln_import_keras(ln_model **out, const char *path, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    (void)o;
    (void)report;
    (void)alloc;
    *out = NULL;
    return ln_fail(diag, LN_ERR_UNSUPPORTED,
                   "%s: this build reads no Keras models, for it was made without zlib", path);
}
