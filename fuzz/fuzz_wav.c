/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wav.c: WAV files: decodes one and converts its beginning to another rate. */
#include "media/sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_sound s, to;
    if (ln_wav_decode(&s, data, size, &ln_alloc_default, NULL) != LN_OK)
        return 0;
    const ln_sound part = {s.samples, LN_MIN(s.frames, 64), s.channels, s.rate};
    const int rate = LN_MAX(s.rate / 3, 1);
    if (ln_sound_convert(&to, &part, rate, 2, &ln_alloc_default, NULL) == LN_OK)
        ln_free(&ln_alloc_default, to.samples);
    ln_free(&ln_alloc_default, s.samples);
    return 0;
}
