/* SPDX-License-Identifier: Apache-2.0 */
/* metadata_schema.h: as schema.h, for the metadata (LN_T_TensorMetadata, LN_U_ContentProperties,
 * LN_TensorMetadata_name), and the values of its enumerations
 * (LN_AssociatedFileType_VOCABULARY). */
#ifndef LN_SCHEMA_METADATA_SCHEMA_H
#define LN_SCHEMA_METADATA_SCHEMA_H

#include "fb/descriptor.h"

#define LN_SCHEMA_FILE "schema/metadata.def"
#include "schema/numbers.h"
#undef LN_SCHEMA_FILE

extern const ln_fb_schema ln_metadata_schema;

#endif
