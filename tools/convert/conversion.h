/* SPDX-License-Identifier: Apache-2.0 */
/* conversion.h: what `linnet convert`, `optimize` and `downgrade` share: the options of a
 * conversion, from a command line to a file. */
#ifndef CONVERSION_H
#define CONVERSION_H

#include "common/args.h"
#include "linnet/convert.h"

enum { CONVERSION_ITEMS = 64 };

/* What the command line asks for. */
typedef struct conversion {
    ln_convert_options options;
    ln_convert_shape shapes[CONVERSION_ITEMS];
    int dims[CONVERSION_ITEMS][LN_CONVERT_MAX_RANK];
    char *names[CONVERSION_ITEMS]; /* of the inputs with shapes */
    const char *signatures[CONVERSION_ITEMS];
    const char *inputs[CONVERSION_ITEMS], *outputs[CONVERSION_ITEMS];
    char *rules;
    const char *source; /* the model's path, */
    char *spooled;      /* and where it came from stdin the file that it is in for a while */
} conversion;

/* The options that conversion_new reads for all three, to stand in a command's table. */
#define CONVERSION_OPTIONS                                                                      \
    {"output", "FILE", "where the .tflite goes; - is stdout"},                                  \
        {"signature", "KEY", "this signature only; may be repeated"},                           \
        {"input-shape", "NAME=D,D,...", "the shape of an input, -1: open; may be repeated"},    \
        {"target-version", "2.X", "the oldest TensorFlow Lite that has to run it"},             \
        {"rules", "FILE", "replacements of your own (docs/converting.md)"},                     \
        {"strip-names", NULL, "inner tensors lose their names"}

/* Reads them, and those of `convert`; NULL with a message when the command line is wrong, *code is
 * then the exit code. */
conversion *conversion_new(const args *a, int *code);
void conversion_free(conversion *c);

/* What the size of a model is made of: each constant, and what deflate (an app package) makes of
 * it. */
typedef struct size_part {
    const char *name; /* of the first tensor that has it; lives as long as the parts */
    const void *data;
    size_t bytes, deflated;
} size_part;
typedef struct size_parts {
    size_part *all; /* the largest first */
    size_t n, bytes, deflated;
    struct TfLiteModel *model;
} size_parts;

/* False with a message on stderr when that cannot be found out; free them in any case. */
bool sizes_of(const void *bytes, size_t n, size_parts *p);
void sizes_print(const size_parts *p, size_t file);
void sizes_free(size_parts *p);

/* What was said of one conversion; `c` NULL: it failed, and `error` says why. */
typedef struct conversion_report {
    const char *source, *to, *error;
    const ln_convert_finding *findings;
    int n_findings;
    const ln_conversion *c;
} conversion_report;

/* Writes it as JSON, or, where the name ends in .html, as a page that needs nothing else. */
bool conversion_write_report(const char *path, const conversion_report *r);

#endif
