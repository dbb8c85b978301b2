/* SPDX-License-Identifier: Apache-2.0 */
/* bias.c: rounded weights are wrong by a little each; times the mean of what they are multiplied
 * with, that moves the mean of the output, which the bias can take back.
 *
 *   weights [channels, .., inputs] (a convolution, a product): the last dimension is the input's
 *   weights [.., channels] (depthwise): output c belongs to input c * inputs / channels
 *
 * Padding is not looked at: its zeros count as the mean. */
#include "quant/quant.h"
#include "quant/stats.h"

double ln_quant_mean_shift(const TfLiteTensor *t, const ln_quant_weights *w, const ln_stat *x,
                           int c)
{
    const ln_quant_layout *at = &w->at;
    const int inputs = x->channels, last = t->dims->data[t->dims->size - 1];
    const bool depthwise = at->inner == 1 && at->outer > 1 && at->channels % inputs == 0;
    double shift = 0;
    if (c >= at->channels || (!depthwise && last != inputs))
        return 0;
    for (int o = 0; o < at->outer; o++)
        for (int i = 0; i < at->inner; i++) {
            const size_t k =
                ((size_t)o * (size_t)at->channels + (size_t)c) * (size_t)at->inner + (size_t)i;
            const int from = depthwise ? c / (at->channels / inputs) : i % inputs;
            const double now = (double)w->scales[c] * w->values[k];
            shift += (now - (double)t->data.f[k]) * ln_stat_mean(x, from);
        }
    return shift;
}
