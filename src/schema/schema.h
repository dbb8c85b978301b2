/* SPDX-License-Identifier: Apache-2.0 */
/* schema/: the file formats as descriptor tables (fb/descriptor.h), made from tflite.def and, for
 * the metadata inside of a model, metadata.def.
 *
 * schema.h: numbers for tables (LN_T_Tensor), unions (LN_U_BuiltinOptions) and slots
 * (LN_Tensor_shape); the names are the format's own.  metadata_schema.h is the other format's. */
#ifndef LN_SCHEMA_SCHEMA_H
#define LN_SCHEMA_SCHEMA_H

#include "fb/descriptor.h"

#define LN_SCHEMA_FILE "schema/tflite.def"
#include "schema/numbers.h"
#undef LN_SCHEMA_FILE

extern const ln_fb_schema ln_tflite_schema;

#endif
