/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: metadata from JSON. */
#ifndef LN_METADATA_JSON_H
#define LN_METADATA_JSON_H

#include <cjson/cJSON.h>

#include "base/alloc.h"
#include "base/diag.h"

/* Metadata from a tree of JSON with the names of the schema, as ln_meta_json prints it; fields that
 * the schema does not have are an error.  With the version that ln_meta_version tells, whatever the
 * tree says.  *buffer is freed by ln_free. */
ln_status ln_meta_pack(const cJSON *root, uint8_t **buffer, size_t *n, ln_diag *diag) LN_MUST_USE;

#endif
