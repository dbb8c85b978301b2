/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.c: metadata.def as data. */
#include "schema/metadata_schema.h"

#define LN_SCHEMA_FILE "schema/metadata.def"
#define LN_SCHEMA_NAME ln_metadata_schema
#include "schema/tables.h"
