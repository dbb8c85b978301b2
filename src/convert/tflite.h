/* SPDX-License-Identifier: Apache-2.0 */
/* tflite.h: a .tflite file as the source of a conversion. */
#ifndef LN_CONVERT_TFLITE_H
#define LN_CONVERT_TFLITE_H

#include "import/import.h"

/* As the importers of import.h: with the wanted signatures alone, and inputs of the wanted shapes
 * (named as the tensor is, or as a signature does). */
ln_status ln_convert_open_tflite(ln_model **out, const char *path, const ln_import_options *o,
                                 const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
