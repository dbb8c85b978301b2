/* SPDX-License-Identifier: Apache-2.0 */
/* sounds.c: WAV files, resampling, the ring of a stream, features. */
#include "media.h"

#include <math.h>
#include <string.h>

#include "linnet/task/audio.h"
#include "media/sound.h"

static uint8_t file[200];

/* A WAV file with a chunk that is to be skipped. */
static size_t make_wav(int kind, int channels, int bits, const void *samples, size_t n)
{
    static const uint8_t head[] = "RIFF\0\0\0\0WAVEjunk\x03\0\0\0abc\0fmt \x10\0\0\0";
    const size_t at = sizeof head - 1;
    memset(file, 0, sizeof file);
    memcpy(file, head, at);
    file[at] = (uint8_t)kind;
    file[at + 2] = (uint8_t)channels;
    file[at + 4] = 0x80; /* 16000 Hz */
    file[at + 5] = 0x3e;
    file[at + 14] = (uint8_t)bits;
    memcpy(file + at + 16, "data", 4);
    file[at + 20] = (uint8_t)n;
    memcpy(file + at + 24, samples, n);
    return at + 24 + n;
}

static void check(size_t n, const float *wanted, size_t frames, int channels)
{
    ln_sound s;
    assert_int_equal(ln_wav_decode(&s, file, n, &ln_alloc_default, NULL), LN_OK);
    assert_true(s.frames == frames && s.channels == channels && s.rate == 16000);
    for (size_t i = 0; i < frames * (size_t)channels; i++)
        assert_true(s.samples[i] == wanted[i]);
    ln_free(&ln_alloc_default, s.samples);
}

static void reads_wav(void **state)
{
    static const uint8_t bytes[] = {0, 128, 192}, three[] = {0, 0, 0x80, 0, 0, 0x40};
    static const int16_t shorts[] = {-32768, 16384, 8192, 0};
    static const int32_t longs[] = {INT32_MIN, 1 << 30};
    static const float floats[] = {0.5f, -2};
    static const float a[] = {-1, 0, 0.5f}, b[] = {-1, 0.5f, 0.25f, 0}, c[] = {-1, 0.5f};
    ln_sound s;
    (void)state;
    check(make_wav(1, 1, 8, bytes, 3), a, 3, 1);
    check(make_wav(1, 2, 16, shorts, 8), b, 2, 2);
    check(make_wav(1, 1, 24, three, 6), c, 2, 1);
    check(make_wav(1, 1, 32, longs, 8), c, 2, 1);
    check(make_wav(3, 1, 32, floats, 8), floats, 2, 1);
    check(make_wav(1, 1, 16, shorts, 8) - 3, b, 2, 1); /* ends early */
    const size_t n = make_wav(2, 1, 16, shorts, 8);
    assert_int_equal(ln_wav_decode(&s, file, n, &ln_alloc_default, NULL), LN_ERR_UNSUPPORTED);
    assert_int_equal(ln_wav_decode(&s, file, 40, &ln_alloc_default, NULL), LN_ERR_FORMAT);
}

/* A tone of 440 Hz stays one; one of 7000 Hz does not fit 8000 Hz. */
static void resamples(void **state)
{
    static float x[3200 * 2];
    const ln_sound from = {x, 3200, 2, 16000};
    const double turn = 2 * 3.14159265358979323846;
    ln_sound to;
    double error = 0, rest = 0;

    (void)state;
    for (int i = 0; i < 3200; i++)
        x[2 * i] = x[2 * i + 1] = (float)sin(turn * 440 * i / 16000);
    assert_int_equal(ln_sound_convert(&to, &from, 44100, 1, &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(to.frames, 8820);
    for (size_t i = 200; i < 8600; i++)
        error = fmax(error, fabs(to.samples[i] - sin(turn * 440 * (double)i / 44100)));
    assert_true(error < 0.002);
    ln_free(&ln_alloc_default, to.samples);
    for (int i = 0; i < 3200; i++)
        x[2 * i] = (float)sin(turn * 7000 * i / 16000);
    assert_int_equal(ln_sound_convert(&to, &from, 8000, 2, &ln_alloc_default, NULL), LN_OK);
    for (size_t i = 100; i < 1500; i++)
        rest = fmax(rest, fabs(to.samples[2 * i]));
    assert_true(rest < 0.01);
    ln_free(&ln_alloc_default, to.samples);
}

static void rings(void **state)
{
    const ln_audio_format format = {100, 1, 4};
    ln_audio_ring *r = ln_audio_ring_create(&format, NULL);
    float next = 1, samples[11];
    (void)state;
    assert_non_null(r);
    assert_true(ln_audio_ring_read(r)->samples[3] == 0);
    for (size_t n = 0; n <= 11; n++) { /* pieces of any size: the last four count */
        for (size_t i = 0; i < n; i++)
            samples[i] = next++;
        ln_audio_ring_push(r, samples, n);
        const ln_audio *a = ln_audio_ring_read(r);
        assert_int_equal(a->frames, 4);
        for (int k = 0; k < 4; k++)
            assert_true(a->samples[k] == fmaxf(0, next - 4 + (float)k));
    }
    ln_audio_ring_free(r);
}

/* ---- features ---- */

enum { WINDOW = 100, BINS = 65, SAMPLES = 250, STRIDE = 40, BANDS = 12 };

/* Two tones of 1000 and 3000 Hz at 8000 a second. */
static void make_tones(float *x)
{
    for (int i = 0; i < SAMPLES; i++)
        x[i] = (float)(0.5 * sin(i * M_PI / 4) + 0.25 * cos(i * 3 * M_PI / 4));
}

static ln_features *features_of(ln_feature_options o, ln_task_error *error)
{
    static float x[SAMPLES];
    const ln_audio audio = {8000, 1, SAMPLES, x};
    make_tones(x);
    o.window = o.window ? o.window : WINDOW;
    o.stride = STRIDE;
    return ln_audio_features(&audio, &o, error);
}

/* The magnitude of a bin by the definition of the transform. */
static double magnitude(int first, int bin)
{
    float x[SAMPLES];
    double re = 0, im = 0;
    make_tones(x);
    for (int i = 0; i < WINDOW; i++) {
        const double w = (0.5 - 0.5 * cos(2 * M_PI * i / WINDOW)) * (double)x[first + i];
        re += w * cos(2 * M_PI * bin * i / 128);
        im += w * sin(2 * M_PI * bin * i / 128);
    }
    return sqrt(re * re + im * im);
}

static void makes_spectra(void **state)
{
    (void)state;
    ln_features *m = features_of((ln_feature_options){.kind = LN_FEATURE_MAGNITUDE}, NULL);
    ln_features *p = features_of((ln_feature_options){.kind = LN_FEATURE_POWER}, NULL);
    assert_true(m && p && m->windows == 4 && m->width == BINS && p->width == BINS);
    for (int w = 0; w < 4; w++) {
        for (int i = 0; i < BINS; i++) {
            const double want = magnitude(w * STRIDE, i);
            const double got = (double)m->values[w * BINS + i];
            assert_true(fabs(got - want) < 1e-5);
            assert_true(fabs((double)p->values[w * BINS + i] - want * want) < 1e-3);
        }
        assert_true(m->values[w * BINS + 16] > 20 * m->values[w * BINS + 32]); /* 1000, 2000 Hz */
    }
    ln_features_free(m);
    ln_features_free(p);
}

/* By the definition: triangles on the mel scale, over bins from half a bin above 100 Hz on. */
static double band_energy(int first, int band)
{
    const double low = 1127 * log1p(100 / 700.0), high = 1127 * log1p(3800 / 700.0);
    const double step = (high - low) / (BANDS + 1), center = low + step * (band + 1);
    double sum = 0;
    for (int i = (int)(1.5 + 100 / 62.5); i * 62.5 <= 3800; i++) {
        const double part = 1 - fabs(1127 * log1p(i * 62.5 / 700) - center) / step;
        if (part > 0)
            sum += part * magnitude(first, i);
    }
    return sum;
}

static void makes_mel_bands(void **state)
{
    (void)state;
    ln_feature_options o = {
        .kind = LN_FEATURE_MEL, .bands = BANDS, .low = 100, .high = 3800, .coefficients = 5};
    ln_features *mel = features_of(o, NULL);
    o.kind = LN_FEATURE_LOG_MEL;
    ln_features *logs = features_of(o, NULL);
    o.kind = LN_FEATURE_MFCC;
    ln_features *mfcc = features_of(o, NULL);
    assert_true(mel && logs && mfcc && mel->width == BANDS && logs->width == BANDS);
    assert_true(mfcc->windows == 4 && mfcc->width == 5);
    for (int w = 0; w < 4; w++) {
        for (int i = 0; i < BANDS; i++) {
            const double want = band_energy(w * STRIDE, i);
            assert_true(fabs((double)mel->values[w * BANDS + i] - want) < 1e-4);
            assert_true(fabs((double)logs->values[w * BANDS + i] - log(want)) < 1e-3);
        }
        for (int k = 0; k < 5; k++) {
            double sum = 0;
            for (int i = 0; i < BANDS; i++)
                sum += sqrt(2.0 / BANDS) * cos(M_PI * k * (i + 0.5) / BANDS) *
                       (double)logs->values[w * BANDS + i];
            assert_true(fabs((double)mfcc->values[w * 5 + k] - sum) < 1e-4);
        }
    }
    ln_features_free(mel);
    ln_features_free(logs);
    ln_features_free(mfcc);
}

static void refuses_features(void **state)
{
    (void)state;
    const ln_feature_options bad[] = {
        {.kind = (ln_feature_kind)9},
        {.window = 1},
        {.kind = LN_FEATURE_MEL, .low = 1, .high = 2},
        {.kind = LN_FEATURE_MEL, .bands = 4, .low = 20, .high = 10},
        {.kind = LN_FEATURE_MEL, .bands = 4, .low = 20, .high = 9000},
        {.kind = LN_FEATURE_MFCC, .bands = 4, .low = 20, .high = 90, .coefficients = 5}};
    ln_task_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error.message[0] = 0;
        assert_null(features_of(bad[i], &error));
        assert_true(error.message[0] != 0);
    }
    ln_features *none = features_of((ln_feature_options){.window = SAMPLES + 1}, &error);
    assert_true(none && none->windows == 0);
    ln_features_free(none);
    ln_features_free(NULL);
}

void media_sounds(int *failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_wav),       cmocka_unit_test(resamples),
        cmocka_unit_test(rings),           cmocka_unit_test(makes_spectra),
        cmocka_unit_test(makes_mel_bands), cmocka_unit_test(refuses_features),
    };
    *failed += cmocka_run_group_tests_name("sounds", tests, NULL, NULL);
}
