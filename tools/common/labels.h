/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h: what samples really are: the class of each, or of each of its pixels. */
#ifndef LABELS_H
#define LABELS_H

#include <stddef.h>

#include "common/args.h"
#include "quantize/samples.h"

/* The options that labels_open reads, to stand in a command's table. */
#define LABELS_OPTIONS                                                                            \
    {"labels", "FILE|folders",                                                                    \
     "classes of the samples: lines \"file,class\" or a class per line, numbers in a .npy, or the" \
     " names of their folders"},                                                                  \
    {                                                                                             \
        "classes", "FILE",                                                                        \
            "names of the classes, one per line (default: numbers, the metadata's, or sorted)"    \
    }

typedef struct labels labels;

/* What --labels and --classes say of the samples for the model at that path.  *out stays NULL
 * without --labels; false with a message. */
bool labels_open(labels **out, const args *a, const samples *s, const char *model);
void labels_close(labels *l);
/* The class of the sample that was taken last; -1 with a message where it is not known. */
int labels_of(const labels *l, const samples *s);
/* Likewise one class for each of `n` pixels; NULL where that is not known. */
const int *labels_mask(const labels *l, const samples *s, size_t n);

#endif
