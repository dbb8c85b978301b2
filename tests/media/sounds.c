/* SPDX-License-Identifier: Apache-2.0 */
/* sounds.c: WAV files, resampling, the ring of a stream. */
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

void media_sounds(int *failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_wav),
        cmocka_unit_test(resamples),
        cmocka_unit_test(rings),
    };
    *failed += cmocka_run_group_tests_name("sounds", tests, NULL, NULL);
}
