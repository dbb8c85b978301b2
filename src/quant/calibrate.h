/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate.h: what the quantizer takes from a calibration. */
#ifndef LN_QUANT_CALIBRATE_H
#define LN_QUANT_CALIBRATE_H

#include "linnet/quantize.h"
#include "quant/stats.h"

/* Runs the samples that were given and have not run: comes before the others. */
bool ln_calibration_finish(const ln_calibration *c, ln_quantize_error *error);
const ln_stats *ln_calibration_stats(const ln_calibration *c);
/* Some of the samples, each the bytes of all inputs; none where the statistics are from a file, or
 * shapes differ. */
void *const *ln_calibration_samples(const ln_calibration *c, int *n);

#endif
