/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_image.c: image files and their EXIF data: decodes one and makes a tensor of it. */
#include "media/convert.h"
#include "media/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PIXELS = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_pixels p;
    ln_converter c;
    ln_pixel_table table;
    float tensor[8 * 8 * 3];
    const ln_target target = {tensor, 8, 8, {0, 0, 8, 8}};

    ln_exif_orientation(data, size);
    if (ln_image_decode_bytes(&p, data, size, MAX_PIXELS, &ln_alloc_default, NULL) != LN_OK)
        return 0;
    const ln_frame frame = {.format = LN_PIXEL_RGB,
                            .width = p.width,
                            .height = p.height,
                            .orientation = p.orientation,
                            .planes = {p.data}};
    ln_converter_init(&c, &ln_alloc_default);
    ln_pixel_table_plain(&table, LN_PIXEL_F32, 3);
    const ln_status status = ln_convert_frame(&c, &frame, NULL, &table, &target, NULL);
    ln_converter_deinit(&c);
    ln_free(&ln_alloc_default, p.data);
    return status == LN_ERR_ARGUMENT ? -1 : 0;
}
