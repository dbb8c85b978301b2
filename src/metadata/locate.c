/* SPDX-License-Identifier: Apache-2.0 */
/* locate.c: where the metadata lies in a model whose FlatBuffer is verified.  Apart from open.c,
 * since the Python package needs this where there is no libzip, too. */
#include <string.h>

#include "fb/reader.h"
#include "metadata/meta.h"
#include "schema/schema.h"

static const char metadata_name[] = "TFLITE_METADATA";

static ln_status buffer_bytes(const ln_fb_table *root, uint32_t i, const uint8_t **buffer,
                              size_t *n, ln_diag *diag)
{
    const ln_fb_vector buffers = ln_fb_vec(root, LN_Model_buffers, 4);
    if (i >= buffers.count)
        return ln_fail(diag, LN_ERR_FORMAT, "the metadata is in buffer %u of %zu", i,
                       buffers.count);
    const ln_fb_table t = ln_fb_item(&buffers, i);
    const ln_fb_vector data = ln_fb_vec(&t, LN_Buffer_data, 1);
    const uint64_t at = ln_fb_u64(&t, LN_Buffer_offset, 0), size = ln_fb_u64(&t, LN_Buffer_size, 0);
    if (data.present) {
        *buffer = data.data;
        *n = data.count;
    } else if (at > 1 && at <= root->size && size <= root->size - at) {
        *buffer = root->data + at;
        *n = (size_t)size;
    } else {
        return ln_fail(diag, LN_ERR_FORMAT, "the metadata's buffer %u has no data in the file", i);
    }
    return LN_OK;
}

ln_status ln_meta_locate(const uint8_t *model, size_t size, const uint8_t **buffer, size_t *n,
                         ln_diag *diag)
{
    const ln_fb_table root = ln_fb_root(model, size);
    const ln_fb_vector entries = ln_fb_vec(&root, LN_Model_metadata, 4);
    *buffer = NULL;
    *n = 0;
    for (size_t i = 0; i < entries.count; i++) {
        const ln_fb_table t = ln_fb_item(&entries, i);
        const char *name = ln_fb_string(&t, LN_Metadata_name);
        if (name && strcmp(name, metadata_name) == 0)
            return buffer_bytes(&root, ln_fb_u32(&t, LN_Metadata_buffer, 0), buffer, n, diag);
    }
    return LN_OK;
}

bool ln_meta_find(const void *model, size_t n, const void **buffer, size_t *size,
                  ln_meta_error *error)
{
    ln_diag diag = {0};
    const uint8_t *found = NULL;
    ln_status status = ln_meta_verify_model(model, model ? n : 0, &diag);
    if (status == LN_OK)
        status = ln_meta_locate(model, n, &found, size, &diag);
    *buffer = found;
    return ln_meta_report(status, &diag, error);
}
