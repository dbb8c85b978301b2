/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: what stands at the edge: input is verified, failures become errors of the caller. */
#include "fb/verify.h"

#include <stdio.h>
#include <string.h>

#include "metadata/meta.h"
#include "schema/metadata_schema.h"
#include "schema/schema.h"

static bool has_identifier(const uint8_t *data, size_t n, const ln_fb_schema *schema)
{
    return n >= 8 && memcmp(data + 4, schema->identifier, 4) == 0;
}

ln_status ln_meta_verify_model(const uint8_t *model, size_t n, ln_diag *diag)
{
    if (!has_identifier(model, n, &ln_tflite_schema))
        return ln_fail(diag, LN_ERR_FORMAT,
                       "not a .tflite model: it does not have the identifier TFL3");
    return ln_fb_verify(&ln_tflite_schema, model, n, diag);
}

ln_status ln_meta_verify(const uint8_t *buffer, size_t n, ln_diag *diag)
{
    if (!has_identifier(buffer, n, &ln_metadata_schema))
        return ln_fail(diag, LN_ERR_FORMAT,
                       "these %zu bytes are not metadata: they do not have the identifier M001", n);
    return ln_fb_verify(&ln_metadata_schema, buffer, n, diag);
}

bool ln_meta_report(ln_status status, const ln_diag *diag, ln_meta_error *error)
{
    static const ln_meta_code codes[] = {
        [LN_ERR_MEMORY] = LN_META_NO_MEMORY,
        [LN_ERR_ARGUMENT] = LN_META_INVALID,
        [LN_ERR_IO] = LN_META_IO,
        [LN_ERR_NOT_FOUND] = LN_META_NOT_FOUND,
    };
    if (status == LN_OK)
        return true;
    if (error) {
        const bool listed = (size_t)status < LN_COUNTOF(codes) && codes[status] != LN_META_OK;
        error->code = listed ? codes[status] : LN_META_MALFORMED;
        snprintf(error->text, sizeof error->text, "%s",
                 diag->text[0] ? diag->text : ln_status_text(status));
    }
    return false;
}

void ln_meta_free(void *p)
{
    ln_free(&ln_alloc_default, p);
}
