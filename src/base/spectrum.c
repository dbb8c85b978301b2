/* SPDX-License-Identifier: Apache-2.0 */
/* spectrum.c: short-time spectra and mel bands, in the order of TensorFlow Lite's
 * internal/spectrogram.cc and internal/mfcc*.cc, so that results have the same bits. */
#include "base/spectrum.h"

#include <math.h>

#include "base/fft.h"

static const double pi = 3.14159265358979323846;

int ln_spectrum_length(int window)
{
    int n = 1;
    while (n < window)
        n *= 2;
    return n;
}

void ln_spectrum_init(ln_spectrum *s)
{
    ln_fft_roots(s->roots, s->n);
    for (int i = 0; i < s->window; i++)
        s->hann[i] = 0.5 - 0.5 * cos(2 * pi * i / s->window);
}

void ln_spectrum_of(const ln_spectrum *s, const float *x, size_t step, bool squared, float *y)
{
    for (int i = 0; i < s->n; i++) {
        const size_t at = (size_t)i;
        s->line[2 * at] = i < s->window ? (double)x[at * step] * s->hann[i] : 0;
        s->line[2 * at + 1] = 0;
    }
    ln_fft(s->line, s->n, s->roots, s->n);
    for (size_t i = 0; i <= (size_t)s->n / 2; i++) {
        const double re = s->line[2 * i], im = s->line[2 * i + 1];
        const float square = (float)(re * re + im * im);
        y[i] = squared ? square : sqrtf(square);
    }
}

static double mel(double hz)
{
    return 1127 * log1p(hz / 700);
}

static int bin_of(double x)
{
    return x < 1 << 30 ? (int)x : 1 << 30;
}

static void make_cosines(ln_mel *m)
{
    const double norm = sqrt(2.0 / m->bands), step = pi / m->bands;

    for (int i = 0; i < m->coefficients; i++)
        for (int k = 0; k < m->bands; k++)
            m->cosines[(size_t)i * (size_t)m->bands + (size_t)k] = norm * cos(i * step * (k + 0.5));
}

bool ln_mel_init(ln_mel *m, float low_hz, float high_hz, int rate)
{
    const double low = mel(low_hz), step = (mel(high_hz) - low) / ((double)m->bands + 1);
    const double hz = 0.5 * rate / (m->bins - 1);
    int next = 0;

    for (int i = 0; i <= m->bands; i++)
        m->centers[i] = low + step * ((double)i + 1);
    m->first = bin_of(1.5 + low_hz / hz); /* never bin 0, as HTK does it */
    m->last = bin_of(high_hz / hz);
    for (int i = m->first; i <= m->last && i < m->bins; i++) {
        const double at = mel(i * hz);
        while (next < m->bands && m->centers[next] < at)
            next++;
        const double from = next > 0 ? m->centers[next - 1] : low;
        m->band[i] = next - 1;
        m->weight[i] = (m->centers[next] - at) / (m->centers[next] - from);
    }
    make_cosines(m);
    return m->last < m->bins;
}

void ln_mel_energies(const ln_mel *m, const float *squared)
{
    for (int i = 0; i < m->bands; i++)
        m->energy[i] = 0;
    for (int i = m->first; i <= m->last; i++) {
        const double magnitude = sqrt(squared[i]), falling = magnitude * m->weight[i];
        const int k = m->band[i];
        if (k >= 0)
            m->energy[k] += falling;
        if (k + 1 < m->bands)
            m->energy[k + 1] += magnitude - falling;
    }
}

void ln_mel_logarithms(const ln_mel *m)
{
    for (int i = 0; i < m->bands; i++)
        m->energy[i] = log(m->energy[i] < 1e-12 ? 1e-12 : m->energy[i]);
}

void ln_mel_coefficients(const ln_mel *m, float *y)
{
    for (int i = 0; i < m->coefficients; i++) {
        double sum = 0;
        for (int k = 0; k < m->bands; k++)
            sum += m->cosines[(size_t)i * (size_t)m->bands + (size_t)k] * m->energy[k];
        y[i] = (float)sum;
    }
}
