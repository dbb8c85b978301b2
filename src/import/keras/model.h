/* SPDX-License-Identifier: Apache-2.0 */
/* model.h: what model.c, interface.c and order.c share about models as they are listed. */
#ifndef LN_IMPORT_KERAS_MODEL_H
#define LN_IMPORT_KERAS_MODEL_H

#include "import/keras/keras.h"

bool ln_keras_is_class(const cJSON *layer, const char *class);
const char *ln_keras_name_of(const cJSON *layer);

/* The names in input_layers or output_layers: one, a list or a dictionary of them. */
typedef struct ln_keras_names {
    const cJSON **tensor; /* NULL past the end */
    const char **key;     /* of a dictionary */
    int n, capacity;
} ln_keras_names;

bool ln_keras_collect(ln_keras *k, const cJSON *config, const char *key, ln_keras_names *to);

/* ---- order.c ---- */

/* Calls that make what another one is given, in the order of its arguments. */
typedef struct ln_keras_makers {
    int *call, n, capacity;
} ln_keras_makers;

bool ln_keras_add_maker(ln_arena *arena, ln_keras_makers *to, int call);

typedef struct ln_keras_graph {
    int n;                 /* calls */
    int *layer;            /* of each */
    ln_keras_makers *from;
} ln_keras_graph;

/* The calls that lead to the outputs as Keras 3 makes them, then the others as they are numbered;
 * NULL: no memory. */
const int *ln_keras_order(ln_arena *arena, const ln_keras_graph *g, const ln_keras_makers *outputs);

#endif
