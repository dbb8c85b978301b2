/* SPDX-License-Identifier: Apache-2.0 */
/* schema/: the file formats as descriptor tables (fb/descriptor.h), made from tflite.def.
 *
 * schema.h: numbers for tables (LN_T_Tensor), unions (LN_U_BuiltinOptions) and slots
 * (LN_Tensor_shape); the names are the format's own. */
#ifndef LN_SCHEMA_SCHEMA_H
#define LN_SCHEMA_SCHEMA_H

#include "fb/descriptor.h"

enum {
#define LN_TABLE(table) LN_T_##table,
#include "schema/tflite.def"
    LN_T_COUNT
};

enum {
#define LN_UNION(name) LN_U_##name,
#include "schema/tflite.def"
    LN_U_COUNT
};

enum {
#define LN_SCALAR(table, field, slot, kind, fallback) LN_##table##_##field = slot,
#define LN_STRING(table, field, slot) LN_##table##_##field = slot,
#define LN_VECTOR(table, field, slot, kind, align) LN_##table##_##field = slot,
#define LN_STRINGS(table, field, slot) LN_##table##_##field = slot,
#define LN_CHILD(table, field, slot, child) LN_##table##_##field = slot,
#define LN_CHILDREN(table, field, slot, child) LN_##table##_##field = slot,
#define LN_CHOICE(table, field, slot, name) LN_##table##_##field = slot,
#include "schema/tflite.def"
    LN_SLOT_COUNT_
};

/* Numbers of union members: LN_QuantizationDetails_BlockwiseQuantization. */
enum {
#define LN_MEMBER(name, number, table) LN_##name##_##table = number,
#include "schema/tflite.def"
    LN_MEMBER_COUNT_
};

extern const ln_fb_schema ln_tflite_schema;

#endif
