/* SPDX-License-Identifier: Apache-2.0 */
/* features.h: spectra, mel bands and cepstral coefficients of sound. */
#ifndef LN_MEDIA_FEATURES_H
#define LN_MEDIA_FEATURES_H

#include "linnet/task/audio.h"
#include "media/sound.h"

/* `out->values` comes from `alloc`. */
ln_status ln_sound_features(ln_features *out, const ln_sound *sound,
                            const ln_feature_options *options, const ln_alloc *alloc,
                            ln_diag *diag) LN_MUST_USE;

#endif
