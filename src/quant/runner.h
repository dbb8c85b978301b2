/* SPDX-License-Identifier: Apache-2.0 */
/* runner.h: runs a float model while statistics watch what values its tensors take.
 *
 * A copy of the model gets a custom operator behind each tensor, which reads it and gives nothing.
 * So the CPU engine runs as ever, tensors share memory as ever, and what goes on inside loops and
 * branches is seen each time it happens. */
#ifndef LN_QUANT_RUNNER_H
#define LN_QUANT_RUNNER_H

#include "linnet/linnet.h"
#include "quant/stats.h"

/* The copy. */
typedef struct ln_watched {
    uint8_t *bytes;
    size_t n;
    TfLiteModel *model;
    ln_stats *stats; /* empty ones, for all that will run */
    bool stateful;   /* samples are not independent of each other */
} ln_watched;

/* `w` is all zero; it is to be freed after failures, too. */
ln_status ln_watched_create(ln_watched *w, const void *model, size_t n, ln_diag *diag) LN_MUST_USE;
void ln_watched_free(ln_watched *w);

/* An interpreter of it. */
typedef struct ln_runner {
    ln_stats *stats; /* of the samples that it ran */
    TfLiteInterpreter *interpreter;
    ln_diag diag;     /* the interpreter's messages */
    ln_status status; /* of the last run */
    uint64_t sample;  /* its number, for whoever asks for the run */
    TfLiteOperator *observe, *watch;
} ln_runner;

ln_status ln_runner_create(ln_runner **out, const ln_watched *w, int threads,
                           ln_diag *diag) LN_MUST_USE;
/* NULL is fine. */
void ln_runner_free(ln_runner *r);
/* Copies the inputs of an interpreter of the same model, with their shapes; false: it cannot. */
bool ln_runner_take(ln_runner *r, const TfLiteInterpreter *from);
/* Runs on what the inputs hold, of the model or of a signature of the interpreter. */
void ln_runner_run(ln_runner *r, TfLiteSignatureRunner *signature);

#endif
