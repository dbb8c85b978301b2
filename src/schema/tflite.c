/* SPDX-License-Identifier: Apache-2.0 */
/* tflite.c: tflite.def as data. */
#include "schema/schema.h"

#define LN_SCHEMA_FILE "schema/tflite.def"
#define LN_SCHEMA_NAME ln_tflite_schema
#include "schema/tables.h"
