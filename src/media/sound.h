/* SPDX-License-Identifier: Apache-2.0 */
/* sound.h: WAV files, and sound of another rate or number of channels. */
#ifndef LN_MEDIA_SOUND_H
#define LN_MEDIA_SOUND_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_sound {
    float *samples; /* frames x channels */
    size_t frames;
    int channels, rate;
} ln_sound;

enum { LN_MAX_CHANNELS = 32, LN_MAX_RATE = 768000 };

/* Decodes a WAV file's bytes: PCM of 8, 16, 24 or 32 bits, or 32-bit floats.  A data chunk that
 * ends early gives what is there. */
ln_status ln_wav_decode(ln_sound *out, const uint8_t *data, size_t n, const ln_alloc *alloc,
                        ln_diag *diag) LN_MUST_USE;
/* To another rate, by a windowed sinc (32 zero crossings, Hann) that leaves out what the lower rate
 * cannot hold, and to another number of channels: one is the mean of all, more repeat it. */
ln_status ln_sound_convert(ln_sound *out, const ln_sound *from, int rate, int channels,
                           const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
