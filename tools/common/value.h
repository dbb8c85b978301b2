/* SPDX-License-Identifier: Apache-2.0 */
/* value.h: an array outside any model: what a .npy file, a .strs file or a tensor holds. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/common.h"

enum { VALUE_MAX_RANK = 8 };

/* Numbers lie one per item in their type's own form; 4-bit and 2-bit integers as int8, bfloat16
 * as its 16 bits.  Strings are TFLite's packed form: int32 count, int32 offsets[count + 1] from
 * the start, then the bytes. */
typedef struct value {
    TfLiteType type;
    int rank, dims[VALUE_MAX_RANK];
    size_t count, bytes;
    uint8_t *data; /* owned */
} value;

void value_free(value *v);
/* Bytes per item in the form above; 0 for strings and what cannot be held. */
size_t value_item_bytes(TfLiteType type);
/* The schema's name ("FLOAT32"), and back; kTfLiteNoType where there is none. */
const char *value_type_name(TfLiteType type);
TfLiteType value_type_of_name(const char *name);

/* What kind of numbers a type holds, for reading them without a switch over types. */
typedef enum value_kind {
    VALUE_INT,
    VALUE_UINT,
    VALUE_FLOAT,
    VALUE_COMPLEX,
    VALUE_STRING,
} value_kind;
value_kind value_kind_of(TfLiteType type);
/* Item `i` of an integer type, of a real type (integers too); of a complex type part 0 or 1. */
int64_t value_int(const value *v, size_t i);
double value_real(const value *v, size_t i, int part);
/* Stores `x` as item `i`, rounded and clamped where the type is an integer. */
void value_store(value *v, size_t i, double x);
/* String `i`: its bytes (not terminated) and their number; NULL when the packing is broken. */
const char *value_string(const value *v, size_t i, size_t *n);

/* Reads and writes NPY 1.0 files in memory; false with a text in error[160]. */
bool value_from_npy(value *v, const uint8_t *data, size_t n, char *error);
uint8_t *value_to_npy(const value *v, size_t *n);
/* Reads uint32 count, then per string uint32 length and bytes; dims are set to [count]. */
bool value_from_strs(value *v, const uint8_t *data, size_t n, char *error);
uint8_t *value_to_strs(const value *v, size_t *n);
/* Packs strings into v->data; dims are set to [count]. */
void value_pack_strings(value *v, const char *const *texts, const size_t *sizes, size_t count);
/* True when the array has these dimensions. */
bool value_has_dims(const value *v, const struct TfLiteIntArray *dims);
/* A new array of zeros. */
void value_make(value *v, TfLiteType type, int rank, const int *dims);

#endif
