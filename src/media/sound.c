/* SPDX-License-Identifier: Apache-2.0 */
/* sound.c: WAV is a list of chunks; "fmt " says what "data" holds. */
#include "media/sound.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

enum { PCM = 1, FLOATS = 3, EXTENSIBLE = 0xfffe };

typedef struct format {
    uint32_t kind, channels, rate, bits;
} format;

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static float sample_at(const uint8_t *p, const format *f)
{
    float x;
    uint32_t bits;
    switch (f->bits) {
    case 8:
        return (float)((int)p[0] - 128) / 128.0f;
    case 16:
        return (float)(int16_t)le16(p) * (1.0f / 32768);
    case 24:
        return (float)((int32_t)((le16(p) << 8 | (uint32_t)p[2] << 24)) / 256) / 8388608.0f;
    default:
        bits = le32(p);
        if (f->kind == PCM)
            return (float)((double)(int32_t)bits / 2147483648.0);
        memcpy(&x, &bits, sizeof x);
        return isfinite(x) ? x : 0;
    }
}

static ln_status read_format(format *f, const uint8_t *p, size_t n, ln_diag *diag)
{
    if (n < 16)
        return ln_fail(diag, LN_ERR_FORMAT, "the WAV file's format chunk has %zu bytes", n);
    *f = (format){le16(p), le16(p + 2), le32(p + 4), le16(p + 14)};
    if (f->kind == EXTENSIBLE && n >= 26)
        f->kind = le16(p + 24);
    const bool pcm =
        f->kind == PCM && (f->bits == 8 || f->bits == 16 || f->bits == 24 || f->bits == 32);
    if (!pcm && !(f->kind == FLOATS && f->bits == 32))
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "a WAV file of kind %u with %u bits; PCM of 8, 16, 24 or 32 bits and floats "
                       "of 32 are read",
                       (unsigned)f->kind, (unsigned)f->bits);
    if (f->channels < 1 || f->channels > LN_MAX_CHANNELS || f->rate < 1 || f->rate > LN_MAX_RATE)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "a WAV file of %u channels at %u Hz",
                       (unsigned)f->channels, (unsigned)f->rate);
    return LN_OK;
}

static ln_status read_samples(ln_sound *out, const format *f, const uint8_t *p, size_t n,
                              const ln_alloc *alloc, ln_diag *diag)
{
    const size_t bytes = f->bits / 8, frames = n / (bytes * f->channels);

    out->samples = ln_new(alloc, frames * f->channels + 1, sizeof *out->samples);
    if (!out->samples)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for %zu frames of sound", frames);
    for (size_t i = 0; i < frames * f->channels; i++)
        out->samples[i] = sample_at(p + i * bytes, f);
    out->frames = frames;
    out->channels = (int)f->channels;
    out->rate = (int)f->rate;
    return LN_OK;
}

ln_status ln_wav_decode(ln_sound *out, const uint8_t *data, size_t n, const ln_alloc *alloc,
                        ln_diag *diag)
{
    format f = {0};

    *out = (ln_sound){0};
    if (n < 12 || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        return ln_fail(diag, LN_ERR_FORMAT, "this is no WAV file");
    for (size_t at = 12; n - at >= 8;) {
        const uint8_t *chunk = data + at;
        const size_t size = le32(chunk + 4), have = LN_MIN(size, n - at - 8);
        if (memcmp(chunk, "fmt ", 4) == 0) {
            LN_TRY(read_format(&f, chunk + 8, have, diag));
        } else if (memcmp(chunk, "data", 4) == 0) {
            if (!f.kind)
                break;
            return read_samples(out, &f, chunk + 8, have, alloc, diag);
        }
        if (size != have)
            break;
        at += 8 + have + (have & 1);
        if (at > n)
            break;
    }
    return ln_fail(diag, LN_ERR_FORMAT, "the WAV file has no sound, or does not say of what kind");
}

/* ---- conversion ---- */

enum { CROSSINGS = 16 }; /* on each side */

static double window(double x)
{
    const double pi = 3.14159265358979323846;
    const double sinc = fabs(x) < 1e-9 ? 1 : sin(pi * x) / (pi * x);
    return sinc * (0.5 + 0.5 * cos(pi * x / CROSSINGS));
}

/* The value at `at` (in frames); `cut` below 1 where the new rate is lower. */
static float interpolate(const float *x, size_t n, double at, double cut)
{
    const double reach = CROSSINGS / cut;
    const size_t from = at > reach ? (size_t)ceil(at - reach) : 0;
    const size_t to = LN_MIN(n, (size_t)(at + reach) + 1);
    double sum = 0, weights = 0;
    for (size_t i = from; i < to; i++) {
        const double w = window(((double)i - at) * cut);
        sum += w * x[i];
        weights += w;
    }
    return weights != 0 ? (float)(sum / weights) : 0;
}

/* Channel `c` of `channels` of the result. */
static void pick_channel(const ln_sound *from, int c, int channels, float *to)
{
    for (size_t i = 0; i < from->frames; i++) {
        const float *frame = from->samples + i * (size_t)from->channels;
        float sum = 0;
        if (channels > 1) {
            to[i] = frame[c % from->channels];
            continue;
        }
        for (int k = 0; k < from->channels; k++)
            sum += frame[k];
        to[i] = sum / (float)from->channels;
    }
}

ln_status ln_sound_convert(ln_sound *out, const ln_sound *from, int rate, int channels,
                           const ln_alloc *alloc, ln_diag *diag)
{
    const double step = (double)from->rate / rate, cut = LN_MIN(1.0, 1 / step);
    const double frames = ceil((double)from->frames / step);
    float *line;

    *out = (ln_sound){0};
    if (channels < 1 || channels > LN_MAX_CHANNELS || rate < 1 || rate > LN_MAX_RATE ||
        from->rate < 1 || from->rate > LN_MAX_RATE || frames > 1e9)
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "%zu frames of sound, from %d to %d Hz, %d channels", from->frames,
                       from->rate, rate, channels);
    out->frames = (size_t)frames;
    out->samples = ln_new(alloc, out->frames * (size_t)channels + 1, sizeof *out->samples);
    line = ln_new(alloc, from->frames + 1, sizeof *line);
    if (!out->samples || !line) {
        ln_free(alloc, out->samples);
        ln_free(alloc, line);
        *out = (ln_sound){0};
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for %g frames of sound", frames);
    }
    for (int c = 0; c < channels; c++) {
        pick_channel(from, c, channels, line);
        for (size_t i = 0; i < out->frames; i++)
            out->samples[i * (size_t)channels + (size_t)c] =
                rate == from->rate ? line[i]
                                   : interpolate(line, from->frames, (double)i * step, cut);
    }
    ln_free(alloc, line);
    out->channels = channels;
    out->rate = rate;
    return LN_OK;
}
