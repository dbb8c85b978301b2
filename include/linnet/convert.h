/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: models of other frameworks -> .tflite.  In liblinnet_convert.
 *
 *     ln_convert_options options = {0};
 *     ln_convert_error error = {0};
 *     ln_conversion *c = ln_convert("saved_model", &options, &error);
 *     if (!c)
 *         puts(error.text);
 *     size_t n;
 *     const void *model = ln_conversion_model(c, &n);
 *     ...
 *     ln_conversion_free(c);
 *
 * One conversion is used by one thread at a time; several conversions do not know each other.  The
 * callbacks of the options run in the thread that called ln_convert, before it returns. */
#ifndef LINNET_CONVERT_H
#define LINNET_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "linnet/convert_op.h"
#include "linnet/linnet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call failed, for people. */
typedef struct ln_convert_error {
    char text[2048];
} ln_convert_error;

typedef enum ln_source_format {
    LN_SOURCE_AUTO,        /* a folder, by the end of the name, or by how the file begins */
    LN_SOURCE_SAVED_MODEL, /* a folder with saved_model.pb */
    LN_SOURCE_GRAPH_DEF,   /* a frozen graph, .pb */
    LN_SOURCE_KERAS,       /* .keras, .h5, .hdf5 */
    LN_SOURCE_ONNX,        /* .onnx */
    LN_SOURCE_TFLITE       /* .tflite */
} ln_source_format;

/* The shape of one input of the source; -1: open. */
typedef struct ln_convert_shape {
    const char *input;
    const int *dims;
    int rank;
} ln_convert_shape;

/* What becomes of one operator of the source. */
typedef struct ln_convert_finding {
    const char *op;    /* as the source calls it */
    const char *layer; /* where it stands */
    const char *fate;  /* "builtin": one operator; "decomposed": several, or none; "flex native": a
                          Select-TF operator that Linnet has a kernel for; "flex TF": one that
                          TensorFlow's library runs; "custom"; "impossible" */
    const char *cure;  /* what can be done; NULL where nothing is needed */
} ln_convert_finding;

/* What a conversion came to. */
typedef struct ln_convert_summary {
    int operators_before, operators; /* as imported, and after the passes */
    int rounds;                      /* that the passes took */
    double seconds;
    size_t bytes;
    char runtime_version[16]; /* the oldest TensorFlow Lite that has all operators: "2.3.0" */
} ln_convert_summary;

/* All zero is a good default. */
typedef struct ln_convert_options {
    ln_source_format format;
    const char *const *signatures; /* keys to convert; none: all */
    int n_signatures;
    const char *tag; /* of the MetaGraph; NULL: "serve" */
    const ln_convert_shape *shapes;
    int n_shapes;
    const char *const *inputs, *const *outputs; /* of a frozen graph: names of nodes */
    int n_inputs, n_outputs;
    bool select_tf_ops;    /* what has no builtin operator becomes a Select-TF (Flex) one */
    const char *const *user_tf_ops; /* operators of somebody's own that do so, too: the TensorFlow
                                       that runs the model must have them */
    int n_user_tf_ops;
    bool allow_custom_ops; /* ... or a custom operator under its own name */
    bool no_optimization;  /* the graph stays as it was imported */
    bool fuse_lstm;        /* the loop of an LSTM or plain RNN becomes one operator, which keeps its
                              state until the variables are reset (docs/converting.md) */
    bool strip_names;      /* tensors that are no inputs or outputs lose their names */
    bool strip_metadata;   /* metadata of a .tflite source stays behind */
    bool exclude_metadata; /* do not write which runtime the model needs */
    const char *target_version; /* "2.3": the oldest TensorFlow Lite that has to run it; operators
                                   get the oldest versions that do, newer ones are decomposed where
                                   that is exact (GELU: to 1.5e-7); NULL: any */
    const char *rules;     /* replacements as text, applied before the built-in ones
                              (docs/converting.md); NULL: none */
    const ln_convert_importer *importers; /* translate operators of the source, in place of the
                                             converter's own translation where it has one */
    int n_importers;
    /* Called for every operator of the source, also when the conversion fails; may be NULL. */
    void (*finding)(void *user, const struct ln_convert_finding *finding);
    /* Called as each step begins; may be NULL. */
    void (*progress)(void *user, const char *step);
    void *user;
} ln_convert_options;

typedef struct ln_conversion ln_conversion;

/* Converts the model at `path`.  NULL when that fails; the text then names every operator that
 * cannot be converted. */
LN_API ln_conversion *ln_convert(const char *path, const ln_convert_options *options,
                                 ln_convert_error *error);
/* NULL is fine. */
LN_API void ln_conversion_free(ln_conversion *c);
/* The .tflite file; it lives as long as the conversion. */
LN_API const void *ln_conversion_model(const ln_conversion *c, size_t *n);
LN_API void ln_conversion_summary(const ln_conversion *c, ln_convert_summary *summary);
/* How often pass `i` changed something, and its name; false past the last pass. */
LN_API bool ln_conversion_pass(const ln_conversion *c, int i, const char **name, int *changes);

#ifdef __cplusplus
}
#endif

#endif
