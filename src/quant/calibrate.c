/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate.c: runs a float model on samples (crew.c), gathers what values its tensors take, and
 * looks at whether the samples are of use. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/thread.h"
#include "quant/calibrate.h"
#include "quant/correct.h"
#include "quant/crew.h"

/* How many samples run at the same time where that is left to us: each has an interpreter. */
enum { MAX_THREADS = 4 };
enum { FEW_SAMPLES = 100, N_WARNINGS = 6, WARNING = 200 };
/* Classes are counted where the only output is a list of up to MAX_CLASSES probabilities; each
 * should be met once in SAMPLES_PER_CLASS times as many samples. */
enum { MAX_CLASSES = 256, SAMPLES_PER_CLASS = 8 };

struct ln_calibration {
    ln_crew *crew;             /* NULL: the statistics are from a file */
    ln_stats *stats;           /* the crew's, if there is one */
    uint64_t noisy, constant;  /* samples that look like noise, or are all one value */
    uint64_t first, repeated;  /* the first sample's hash, and how many samples have it */
    int n_classes;             /* of the output; 0: these are none */
    bool classes[MAX_CLASSES]; /* which ones were the largest of a sample */
    char warnings[N_WARNINGS][WARNING];
    void *kept[LN_QUANT_SAMPLES]; /* samples, spread evenly over all */
    int n_kept, apart;            /* every so many-th is kept; 0: none any more */
    size_t kept_bytes;            /* of each */
};

const ln_stats *ln_calibration_stats(const ln_calibration *c)
{
    return c->stats;
}

/* ---- samples ---- */

/* How far neighbors along a row differ, as part of how far any two values do: 1 for noise, little
 * for photographs and sounds. */
static double roughness(const float *x, size_t n, size_t step)
{
    enum { LANES = 4 };
    double sums[LANES] = {0}, squares[LANES] = {0}, steps[LANES] = {0};
    const double around = (double)x[0];
    for (size_t i = step; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            const double v = (double)x[i + k] - around;
            const double moved = (double)x[i + k] - (double)x[i + k - step];
            sums[k] += v;
            squares[k] += v * v;
            steps[k] += moved * moved;
        }
    for (size_t k = 1; k < LANES; k++) {
        sums[0] += sums[k];
        squares[0] += squares[k];
        steps[0] += steps[k];
    }
    const double variance = squares[0] - sums[0] * sums[0] / (double)n;
    return variance > 0 ? steps[0] / (2 * variance) : 0;
}

static void look_at_input(ln_calibration *c, const TfLiteTensor *t)
{
    enum { LEAST = 256 };
    const size_t n = TfLiteTensorByteSize(t) / sizeof(float);
    const int rank = TfLiteTensorNumDims(t);
    const float *x = TfLiteTensorData(t);
    bool same = true;
    if (TfLiteTensorType(t) != kTfLiteFloat32 || n < 2)
        return;
    for (size_t i = 1; i < n && same; i++)
        same = x[i] == x[0];
    c->constant += same;
    if (rank == 4 && n >= LEAST && !same) {
        const int channels = TfLiteTensorDim(t, 3);
        c->noisy += channels > 0 && channels <= 4 && roughness(x, n, (size_t)channels) > 0.9;
    }
}

static void look_at_inputs(ln_calibration *c)
{
    const TfLiteInterpreter *p = ln_crew_interpreter(c->crew);
    uint64_t hash = 0;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(p); i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
        look_at_input(c, t);
        if (TfLiteTensorData(t))
            hash = ln_hash(TfLiteTensorData(t), TfLiteTensorByteSize(t), hash);
    }
    if (c->stats->samples == 1)
        c->first = hash;
    c->repeated += hash == c->first;
}

/* Which class the float model sees in the sample. */
static void look_at_output(void *user, const TfLiteInterpreter *p)
{
    ln_calibration *c = user;
    const TfLiteTensor *t = TfLiteInterpreterGetOutputTensorCount(p) == 1
                                ? TfLiteInterpreterGetOutputTensor(p, 0)
                                : NULL;
    const float *x = t && TfLiteTensorType(t) == kTfLiteFloat32 ? TfLiteTensorData(t) : NULL;
    const int rank = x ? TfLiteTensorNumDims(t) : 0, n = rank ? TfLiteTensorDim(t, rank - 1) : 0;
    double sum = 0;
    int top = 0;
    if (n < 2 || n > MAX_CLASSES || TfLiteTensorByteSize(t) != (size_t)n * sizeof *x)
        return;
    for (int i = 0; i < n; i++) {
        sum += x[i] >= 0 ? (double)x[i] : HUGE_VAL;
        top = x[i] > x[top] ? i : top;
    }
    if (!(fabs(sum - 1) < 1e-3))
        return;
    c->n_classes = n;
    c->classes[top] = true;
}

/* ---- life ---- */

static void set_error(ln_quantize_error *error, const ln_diag *diag, ln_status status)
{
    snprintf(error->text, sizeof error->text, "%s",
             diag->text[0] ? diag->text : ln_status_text(status));
}

ln_calibration *ln_calibration_create(const void *model, size_t n, int threads,
                                      ln_quantize_error *error)
{
    ln_diag diag = {0};
    ln_calibration *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    const int some = threads < 0 ? ln_processors(MAX_THREADS) : threads > 0 ? threads : 1;
    const ln_status status = c ? ln_crew_create(&c->crew, model, n, some, &diag) : LN_ERR_MEMORY;
    if (status != LN_OK) {
        set_error(error, &diag, status);
        ln_calibration_free(c);
        return NULL;
    }
    c->apart = 1;
    c->stats = ln_crew_stats(c->crew);
    ln_crew_tell(c->crew, look_at_output, c);
    return c;
}

void ln_calibration_free(ln_calibration *c)
{
    if (!c)
        return;
    if (!c->crew)
        ln_stats_free(c->stats);
    ln_crew_free(c->crew);
    for (int i = 0; i < c->n_kept; i++)
        ln_free(&ln_alloc_default, c->kept[i]);
    ln_free(&ln_alloc_default, c);
}

TfLiteInterpreter *ln_calibration_interpreter(ln_calibration *c)
{
    return c->crew ? ln_crew_interpreter(c->crew) : NULL;
}

/* ---- samples that are kept ---- */

enum { KEPT_BYTES = 64 << 20 }; /* of all */

void *const *ln_calibration_samples(const ln_calibration *c, int *n)
{
    *n = c->apart ? c->n_kept : 0;
    return c->kept;
}

static void drop_kept(ln_calibration *c, int from, int step)
{
    int left = 0;
    for (int i = 0; i < c->n_kept; i++) {
        if (i >= from && (i - from) % step == 0)
            ln_free(&ln_alloc_default, c->kept[i]);
        else
            c->kept[left++] = c->kept[i];
    }
    c->n_kept = left;
}

/* From now on; biases are then corrected by the means of the statistics. */
static void keep_none(ln_calibration *c)
{
    drop_kept(c, 0, 1);
    c->apart = 0;
}

/* A copy of the inputs; NULL: there is no memory for it, or they have another size than before. */
static char *copy_inputs(ln_calibration *c)
{
    const TfLiteInterpreter *p = ln_crew_interpreter(c->crew);
    const int n = TfLiteInterpreterGetInputTensorCount(p);
    size_t bytes = 0, at = 0;
    for (int i = 0; i < n; i++)
        bytes += TfLiteInterpreterGetInputTensor(p, i)->bytes;
    if ((c->n_kept && bytes != c->kept_bytes) || bytes > KEPT_BYTES / LN_QUANT_SAMPLES)
        return NULL;
    char *copy = ln_new(&ln_alloc_default, bytes + 1, 1);
    for (int i = 0; copy && i < n; i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
        if (t->bytes)
            memcpy(copy + at, t->data.raw, t->bytes);
        at += t->bytes;
    }
    c->kept_bytes = bytes;
    return copy;
}

/* When there is no room, every second one goes, and half as many come from then on. */
static void keep_sample(ln_calibration *c)
{
    if (!c->apart || (c->stats->samples - 1) % (uint64_t)c->apart)
        return;
    if (c->n_kept == LN_QUANT_SAMPLES) {
        drop_kept(c, 1, 2);
        c->apart *= 2;
        if ((c->stats->samples - 1) % (uint64_t)c->apart)
            return;
    }
    c->kept[c->n_kept] = copy_inputs(c);
    if (c->kept[c->n_kept]) {
        c->n_kept++;
    } else {
        keep_none(c);
    }
}

static bool is_done(ln_status status, const ln_runner *failed, ln_quantize_error *error)
{
    if (status != LN_OK)
        snprintf(error->text, sizeof error->text, "the model fails on sample %llu: %s",
                 failed ? (unsigned long long)failed->sample : 0,
                 status == LN_ERR_MEMORY || !failed ? ln_status_text(status) : failed->diag.text);
    return status == LN_OK;
}

bool ln_calibration_run(ln_calibration *c, ln_quantize_error *error)
{
    const ln_runner *failed;
    c->stats->samples++;
    keep_sample(c);
    look_at_inputs(c);
    const ln_status status = ln_crew_run(c->crew, c->stats->samples, &failed);
    return is_done(status, failed, error);
}

bool ln_calibration_run_signature(ln_calibration *c, TfLiteSignatureRunner *signature,
                                  ln_quantize_error *error)
{
    const ln_runner *failed;
    c->stats->samples++;
    keep_none(c); /* samples are those of the main graph's inputs */
    const ln_status status = ln_crew_run_signature(c->crew, signature, c->stats->samples, &failed);
    return is_done(status, failed, error);
}

bool ln_calibration_finish(const ln_calibration *c, ln_quantize_error *error)
{
    const ln_runner *failed = NULL;
    const ln_status status = c->crew ? ln_crew_finish(c->crew, &failed) : LN_OK;
    return is_done(status, failed, error);
}

/* Says which classes no sample was of, where enough samples were seen to expect some of each. */
static bool tell_unused(const ln_calibration *c, char *text)
{
    int unused = 0;
    for (int i = 0; i < c->n_classes; i++)
        unused += !c->classes[i];
    if (!unused || c->stats->samples < (uint64_t)c->n_classes * SAMPLES_PER_CLASS)
        return false;
    int used =
        snprintf(text, WARNING, "by the float model no sample is of %d of its %d classes:", unused,
                 c->n_classes);
    for (int i = 0; i < c->n_classes && used < WARNING - 16; i++)
        if (!c->classes[i])
            used += snprintf(text + used, (size_t)(WARNING - used), " %d", i);
    return true;
}

const char *ln_calibration_warning(ln_calibration *c, int i)
{
    ln_quantize_error error; /* comes again when the statistics are asked for */
    const uint64_t n = c->stats->samples;
    int k = 0;
    if (!ln_calibration_finish(c, &error))
        return NULL;
    const uint64_t grown = c->crew ? ln_crew_grown(c->crew) : 0;
    if (n < FEW_SAMPLES)
        snprintf(c->warnings[k++], WARNING,
                 "only %llu samples: 100 to 500 different ones are the rule",
                 (unsigned long long)n);
    if (n >= 10 && grown + n / 10 >= n)
        snprintf(c->warnings[k++], WARNING,
                 "ranges were still growing at sample %llu of %llu: more samples may help",
                 (unsigned long long)grown, (unsigned long long)n);
    if (c->constant)
        snprintf(c->warnings[k++], WARNING, "in %llu samples an input is the same value throughout",
                 (unsigned long long)c->constant);
    if (c->noisy)
        snprintf(c->warnings[k++], WARNING,
                 "%llu samples look like noise: use data of the kind that the model is for",
                 (unsigned long long)c->noisy);
    if (n > 1 && c->repeated == n)
        snprintf(c->warnings[k++], WARNING, "all %llu samples are the same", (unsigned long long)n);
    k += tell_unused(c, c->warnings[k]);
    return i >= 0 && i < k ? c->warnings[i] : NULL;
}

/* ---- files ---- */

bool ln_calibration_save(const ln_calibration *c, void **bytes, size_t *n, ln_quantize_error *error)
{
    uint8_t *out;
    if (!ln_calibration_finish(c, error))
        return false;
    const ln_status status = ln_stats_write(c->stats, &out, n);
    *bytes = status == LN_OK ? out : NULL;
    if (status != LN_OK)
        snprintf(error->text, sizeof error->text, "%s", ln_status_text(status));
    return status == LN_OK;
}

bool ln_calibration_add(ln_calibration **c, const void *bytes, size_t n, ln_quantize_error *error)
{
    ln_diag diag = {0};
    ln_stats *s;
    ln_status status = ln_stats_read(&s, bytes, n, &ln_alloc_default, &diag);
    if (status == LN_OK && !*c) {
        *c = ln_new(&ln_alloc_default, 1, sizeof **c);
        status = *c ? LN_OK : LN_ERR_MEMORY;
        if (*c) {
            (*c)->stats = s;
            return true;
        }
    } else if (status == LN_OK) {
        status = ln_stats_merge((*c)->stats, s, &diag);
    }
    ln_stats_free(s);
    if (status != LN_OK)
        set_error(error, &diag, status);
    return status == LN_OK;
}

void ln_calibration_free_bytes(void *bytes)
{
    ln_free(&ln_alloc_default, bytes);
}
