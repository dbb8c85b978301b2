/* SPDX-License-Identifier: Apache-2.0 */
/* savedmodel/: TensorFlow's SavedModel and frozen graphs. */
#include "import/import.h"

ln_status ln_import_saved_model(ln_model **out, const char *path, const ln_import_options *o,
                                ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    (void)o;
    (void)report;
    (void)alloc;
    *out = NULL;
    return ln_fail(diag, LN_ERR_UNSUPPORTED, "%s: this format cannot be read yet", path);
}

ln_status ln_import_graph_def(ln_model **out, const char *path, const ln_import_options *o,
                              ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    (void)o;
    (void)report;
    (void)alloc;
    *out = NULL;
    return ln_fail(diag, LN_ERR_UNSUPPORTED, "%s: this format cannot be read yet", path);
}
