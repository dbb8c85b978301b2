/* SPDX-License-Identifier: Apache-2.0 */
/* score.h: how much worse than a float model another one is, on samples. */
#ifndef SCORE_H
#define SCORE_H

#include "common/args.h"
#include "common/labels.h"
#include "common/session.h"

/* The options that score_open reads, to stand in a command's table. */
#define SCORE_OPTIONS                                                                             \
    {"metric", "NAME",                                                                            \
     "the loss: accuracy or iou by --labels (accuracy where these are given); against the float"  \
     " outputs: agree (of the same top class, default), iou, cosine, rmse"},                      \
        {"metric-command", "CMD",                                                                 \
         "the loss is what falls of the number that CMD, given a model's path, prints last"},     \
        {"top-k", "K", "accuracy: the right class is among the K largest (default 1)"},           \
        {"eval", "PATH", "samples to measure the loss on (default: those of --data)"},            \
        LABELS_OPTIONS

typedef struct score score;

/* Runs the float model; NULL with a message. */
score *score_open(const args *a, const char *path, const void *model, size_t n);
void score_close(score *s);
/* How much worse another model is: false with a message when it cannot be run. */
bool score_loss(score *s, const void *model, size_t n, double *loss);
/* What percents of a loss are parts of: 1, but for a command the float model's number. */
double score_percent_of(const score *s);

/* The place of the right class among the outputs by their size, 0 for the largest. */
int score_rank(const double *y, size_t n, int class);
/* The numbers of output 0 in real units, to be freed by tool_free; NULL with a message. */
double *score_outputs(session *s, size_t *n);

#endif
