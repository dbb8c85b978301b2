/* SPDX-License-Identifier: Apache-2.0 */
/* audio.h: the operators of sound (audio_spectrogram.c, mfcc.c), which also come as Select-TF ones
 * (flex/flex_audio.c), with their parameters in another form. */
#ifndef LN_OPS_AUDIO_H
#define LN_OPS_AUDIO_H

#include "ops/op.h"

typedef struct ln_spectrogram_params {
    int32_t window, stride;
    bool squared;
} ln_spectrogram_params;

ln_status ln_spectrogram_infer(ln_call *c) LN_MUST_USE;
ln_status ln_spectrogram_eval(ln_call *c) LN_MUST_USE;

typedef struct ln_mfcc_params {
    float high, low; /* Hz */
    int32_t bands, coefficients;
} ln_mfcc_params;

ln_status ln_mfcc_infer(ln_call *c) LN_MUST_USE;
ln_status ln_mfcc_eval(ln_call *c) LN_MUST_USE;

#endif
