/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.c: include/linnet/quantize.h: a model in memory -> its graph -> the passes of the mode
 * -> a model in memory. */
#include "linnet/quantize.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "emit/emit.h"
#include "model/model.h"
#include "quant/calibrate.h"
#include "quant/correct.h"
#include "quant/quant.h"
#include "quant/round.h"

struct ln_quantized {
    uint8_t *bytes;
    size_t n;
};

static ln_status check_types(const ln_quantize_options *o, ln_diag *diag)
{
    const TfLiteType types[] = {o->input_type, o->output_type};
    for (int i = 0; i < 2; i++) {
        const bool eight = types[i] == kTfLiteInt8 || types[i] == kTfLiteUInt8;
        const bool known = types[i] == kTfLiteNoType || types[i] == kTfLiteFloat32 ||
                           (o->mode == LN_QUANT_INT8 && eight) ||
                           (o->mode == LN_QUANT_INT16X8 && types[i] == kTfLiteInt16) ||
                           (o->mode == LN_QUANT_IO && (eight || types[i] == kTfLiteInt16));
        if (!known)
            return ln_fail(diag, LN_ERR_ARGUMENT, "%s of type %s do not go with this mode",
                           i ? "outputs" : "inputs", ln_type_name(types[i]));
    }
    return LN_OK;
}

static ln_status check_options(const ln_quantize_options *o, ln_diag *diag)
{
    const int block = o->block_size;
    if (o->weight_bits != 8 && o->weight_bits != 4)
        return ln_fail(diag, LN_ERR_ARGUMENT, "weights of %d bits: only 4 and 8 are known",
                       o->weight_bits);
    if (block && (o->weight_bits != 4 || block < 32 || block > 256 || (block & (block - 1))))
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "blocks of %d: they have 32, 64, 128 or 256 weights of 4 bits", block);
    if (o->weight_bits == 4 && o->mode != LN_QUANT_WEIGHT_ONLY && o->mode != LN_QUANT_DYNAMIC)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "4-bit weights are for the modes dynamic and weight-only");
    return check_types(o, diag);
}

static ln_status edit(ln_quant_job *job)
{
    switch (job->o->mode) {
    case LN_QUANT_DYNAMIC:
    case LN_QUANT_WEIGHT_ONLY:
    case LN_QUANT_FLOAT16:
    case LN_QUANT_BFLOAT16:
        LN_TRY(ln_quant_start_over(job));
        return ln_quant_lite(job);
    case LN_QUANT_INT8:
    case LN_QUANT_INT16X8:
        LN_TRY(ln_quant_start_over(job));
        return ln_quant_integer(job);
    case LN_QUANT_IO:
        return ln_quant_interface(job);
    case LN_QUANT_FLOAT:
        return ln_quant_strip(job);
    default:
        return ln_fail(job->diag, LN_ERR_UNSUPPORTED, "there is no such mode: %d",
                       (int)job->o->mode);
    }
}

/* The statistics that integer activations need, if they are of this model. */
static ln_status find_stats(ln_quant_job *job, const void *model, size_t n)
{
    if (job->o->mode != LN_QUANT_INT8 && job->o->mode != LN_QUANT_INT16X8)
        return LN_OK;
    if (!job->o->calibration)
        return LN_OK;
    job->stats = ln_calibration_stats(job->o->calibration);
    if (job->stats->model != ln_hash(model, n, 0))
        return ln_fail(job->diag, LN_ERR_ARGUMENT, "the calibration is of another model");
    return LN_OK;
}

static ln_status equalize(ln_quant_job *job)
{
    return ln_quant_equalize_graphs(job->m);
}

/* A model, and what is to be done with it. */
typedef struct request {
    const void *model;
    size_t n;
    const ln_quantize_options *o;
    ln_status (*edit)(ln_quant_job *job);
    ln_quant_shifts *shifts;      /* of biases; NULL: none */
    ln_quant_relations relations; /* of weights */
    ln_diag *diag;
} request;

static ln_status run(const request *r, ln_quantized *q)
{
    const ln_quantize_options *o = r->o;
    ln_diag *diag = r->diag;
    const void *model = r->model;
    const size_t n = r->n;
    ln_quant_job job = {.o = o, .shifts = r->shifts, .relations = &r->relations, .diag = diag};
    LN_TRY(check_options(o, diag));
    LN_TRY(find_stats(&job, model, n));
    LN_TRY(ln_model_open_memory(&job.m, model, n, &ln_alloc_default, diag));
    ln_status status = ln_emit_reopen(job.m);
    if (status == LN_OK)
        status = r->edit(&job);
    if (status == LN_OK)
        status = ln_quant_compact(job.m);
    if (status == LN_OK && o->verify)
        status = ln_quant_name_verified(job.m);
    if (status == LN_OK)
        status = ln_emit_finish(job.m);
    if (status == LN_OK)
        status = ln_model_write(job.m, &q->bytes, &q->n, &ln_alloc_default, diag);
    ln_free(&ln_alloc_default, job.exact);
    ln_model_release(job.m);
    return status;
}

/* ---- biases by samples ---- */

static ln_status make_beside(void *user, ln_quant_shifts *shifts, void **bytes, size_t *n)
{
    request r = *(const request *)user;
    ln_quantize_options o = *r.o;
    ln_quantized q = {0};
    o.verify = LN_QUANT_VERIFY_MODEL;
    o.input_type = o.output_type = kTfLiteNoType;
    r.o = &o;
    r.shifts = shifts;
    LN_TRY(run(&r, &q));
    *bytes = q.bytes;
    *n = q.n;
    return LN_OK;
}

/* Finds what weights meet first, where they are to be rounded by it. */
static ln_status find_relations(request *r)
{
    int n = 0;
    if (r->o->rounding != LN_QUANT_GPTQ)
        return LN_OK;
    void *const *samples = r->o->calibration ? ln_calibration_samples(r->o->calibration, &n) : NULL;
    if (!n)
        return ln_fail(r->diag, LN_ERR_ARGUMENT, "rounding by samples needs samples");
    return ln_quant_relate(r->model, r->n, samples, n, &r->relations, r->diag);
}

/* Finds the shifts first, where biases are to be corrected and there are samples to do it by. */
static ln_status run_corrected(request *r, ln_quantized *q)
{
    const bool integer = r->o->mode == LN_QUANT_INT8 || r->o->mode == LN_QUANT_INT16X8;
    ln_quant_shifts shifts = {0};
    ln_correcting how = {.make = make_beside, .user = r};
    if (!r->o->correct_bias || !integer || !r->o->calibration)
        return run(r, q);
    how.samples = ln_calibration_samples(r->o->calibration, &how.n_samples);
    if (!how.n_samples)
        return run(r, q);
    ln_status status = ln_quant_shifts_list(r->model, r->n, how.n_samples, &shifts, r->diag);
    if (status == LN_OK)
        status = ln_quant_correct(&how, &shifts);
    r->shifts = shifts.n ? &shifts : NULL;
    if (status == LN_OK)
        status = run(r, q);
    ln_quant_shifts_free(&shifts);
    return status;
}

static ln_quantized *make(const void *model, size_t n, const ln_quantize_options *o,
                          ln_status (*edit_job)(ln_quant_job *job), ln_quantize_error *error)
{
    ln_diag diag = {0};
    request r = {.model = model, .n = n, .o = o, .edit = edit_job, .diag = &diag};
    if (o->calibration && !ln_calibration_finish(o->calibration, error))
        return NULL;
    ln_quantized *q = ln_new(&ln_alloc_default, 1, sizeof *q);
    ln_status status = q ? find_relations(&r) : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = run_corrected(&r, q);
    ln_quant_relations_free(&r.relations);
    error->text[0] = 0;
    if (status == LN_OK)
        return q;
    snprintf(error->text, sizeof error->text, "%s",
             diag.text[0] ? diag.text : ln_status_text(status));
    ln_quantized_free(q);
    return NULL;
}

ln_quantized *ln_quantize(const void *model, size_t n, const ln_quantize_options *options,
                          ln_quantize_error *error)
{
    ln_quantize_options o = *options;
    if (!o.weight_bits)
        o.weight_bits = 8;
    return make(model, n, &o, edit, error);
}

ln_quantized *ln_quantize_equalized(const void *model, size_t n, ln_quantize_error *error)
{
    const ln_quantize_options o = {.weight_bits = 8};
    return make(model, n, &o, equalize, error);
}

void ln_quantized_free(ln_quantized *q)
{
    if (!q)
        return;
    ln_free(&ln_alloc_default, q->bytes);
    ln_free(&ln_alloc_default, q);
}

const void *ln_quantized_model(const ln_quantized *q, size_t *n)
{
    *n = q->n;
    return q->bytes;
}
