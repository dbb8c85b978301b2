/* SPDX-License-Identifier: Apache-2.0 */
/* spectrum.h: what is in a sound: spectra of windows, energies of mel bands, cepstral coefficients.
 * The operators AudioSpectrogram and Mfcc compute by it, and so does media/features.c; all memory
 * is theirs. */
#ifndef LN_BASE_SPECTRUM_H
#define LN_BASE_SPECTRUM_H

#include "base/compiler.h"

/* ---- spectra ---- */

typedef struct ln_spectrum {
    int window;    /* samples */
    int n;         /* length of the transform: the next power of two */
    double *roots; /* n */
    double *line;  /* 2 n */
    double *hann;  /* window */
} ln_spectrum;

/* The length of the transform of a window of at most 2^30 samples. */
int ln_spectrum_length(int window);
/* Fills `roots` and `hann`, a periodic Hann window. */
void ln_spectrum_init(ln_spectrum *s);
/* The n / 2 + 1 magnitudes (or their squares) of a window whose samples lie `step` apart. */
void ln_spectrum_of(const ln_spectrum *s, const float *x, size_t step, bool squared, float *y);

/* ---- mel bands ---- */

typedef struct ln_mel {
    int bins, bands, coefficients;
    int first, last; /* bins in use */
    double *centers; /* bands + 1: of the bands, in mel, and the end of the last */
    int *band;       /* bins: whose falling side a bin is on; -1: rising side of the first */
    double *weight;  /* bins: of the bin on that side */
    double *energy;  /* bands */
    double *cosines; /* coefficients x bands */
} ln_mel;

/* Says which bins weigh how much in which bands, from `low` to `high` Hz.  False when the bands go
 * beyond what was sampled. */
bool ln_mel_init(ln_mel *m, float low, float high, int rate);
/* m->energy of a spectrum of squared magnitudes. */
void ln_mel_energies(const ln_mel *m, const float *squared);
/* Their logarithms, of 1e-12 at least. */
void ln_mel_logarithms(const ln_mel *m);
/* The cosine transform of m->energy. */
void ln_mel_coefficients(const ln_mel *m, float *y);

#endif
