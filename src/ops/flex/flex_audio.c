/* SPDX-License-Identifier: Apache-2.0 */
/* flex_audio.c: AudioSpectrogram and Mfcc, whose custom operators do the rest. */
#include "ops/audio.h"
#include "ops/flex/flex.h"

static ln_status parse_spectrogram(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    ln_flex_node node;
    const ln_call c = {.params = &node};
    LN_TRY(ln_flex_parse(data, n, &node, diag));
    *(ln_spectrogram_params *)to =
        (ln_spectrogram_params){.window = (int32_t)ln_flex_int(&c, "window_size", 0),
                                .stride = (int32_t)ln_flex_int(&c, "stride", 0),
                                .squared = ln_flex_flag(&c, "magnitude_squared", false)};
    return LN_OK;
}

static ln_status parse_mfcc(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    ln_flex_node node;
    const ln_call c = {.params = &node};
    LN_TRY(ln_flex_parse(data, n, &node, diag));
    *(ln_mfcc_params *)to =
        (ln_mfcc_params){.high = (float)ln_flex_float(&c, "upper_frequency_limit", 4000),
                         .low = (float)ln_flex_float(&c, "lower_frequency_limit", 20),
                         .bands = (int32_t)ln_flex_int(&c, "filterbank_channel_count", 40),
                         .coefficients = (int32_t)ln_flex_int(&c, "dct_coefficient_count", 13)};
    return LN_OK;
}

const ln_op ln_op_flex_audio_spectrogram = {
    .name = "FlexAudioSpectrogram",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(ln_spectrogram_params),
    .parse = parse_spectrogram,
    .infer = ln_spectrogram_infer,
    .eval = ln_spectrogram_eval,
};

const ln_op ln_op_flex_mfcc = {
    .name = "FlexMfcc",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(ln_mfcc_params),
    .parse = parse_mfcc,
    .infer = ln_mfcc_infer,
    .eval = ln_mfcc_eval,
};
