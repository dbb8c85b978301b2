/* SPDX-License-Identifier: Apache-2.0 */
/* rnn.c: recurrent layers, and the wrappers Bidirectional and TimeDistributed. */
#include "import/keras/rnn.h"

#include <stdio.h>
#include <string.h>

#include "ops/list.h"

/* ---- layers of one cell or several ---- */

static const char *name_of(const cJSON *layer)
{
    return ln_json_text(ln_json_get(layer, "config"), "name", NULL);
}

/* The cells of an RNN, each with where its weights lie. */
static int cells_of(ln_keras_call *c, const cJSON **cells, ln_keras_scope *scopes, int max)
{
    const cJSON *cell = ln_json_get(c->config, "cell"), *item;
    ln_keras_counter *counter = ln_keras_counter_new(c->k);
    int n = 0;
    if (!cJSON_IsObject(cell)) { /* LSTM, GRU, SimpleRNN: the layer's own configuration */
        ln_keras_scope_part(c->k, &c->scope, "cell", NULL, &scopes[0]);
        cells[0] = c->layer;
        return 1;
    }
    ln_keras_scope inner;
    ln_keras_scope_part(c->k, &c->scope, "cell", name_of(cell), &inner);
    const cJSON *list = ln_json_get(ln_json_get(cell, "config"), "cells");
    if (!cJSON_IsArray(list)) {
        scopes[0] = inner;
        cells[0] = cell;
        return 1;
    }
    cJSON_ArrayForEach(item, list)
    {
        if (n == max)
            return -1;
        cells[n] = item;
        ln_keras_scope_cell(c->k, &inner, counter, item, &scopes[n++]);
    }
    return n;
}

static bool run_cells(ln_keras_call *c, const ln_rnn_run *run, ln_rnn_result *out)
{
    enum { MAX_CELLS = 8 };
    const cJSON *cells[MAX_CELLS];
    ln_keras_scope scopes[MAX_CELLS];
    const int n = cells_of(c, cells, scopes, MAX_CELLS);
    const bool sequences = run->sequences, in_place = run->in_place;
    const int per_cell = n > 0 ? run->n_initial / n : 0;
    *out = (ln_rnn_result){.y = -1};
    if (n < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "no cells, or more than %d", (int)MAX_CELLS);
        return false;
    }
    if (ln_json_bool(c->config, "time_major", false)) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "time-major layers");
        return false;
    }
    if (ln_json_bool(c->config, "unroll", false) && run->backwards && run->zero_masked &&
        sequences && run->mask.kind != LN_MASK_NONE) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "unroll backwards with a mask: Keras zeroes other steps than it masks "
                     "(unroll=False does not)");
        return false;
    }
    for (int i = 0; i < n; i++) {
        ln_keras_call inner = ln_keras_inner(c, cells[i], &scopes[i]);
        ln_rnn_run one = *run;
        const bool last = i == n - 1;
        one.x = i ? out->y : run->x;
        one.initial = run->initial + (size_t)i * (size_t)per_cell;
        one.n_initial = per_cell;
        one.sequences = sequences || !last;
        one.in_place = in_place || !last;
        if (!ln_rnn_cell(&inner, cells[i], &one, out))
            return false;
    }
    return true;
}

/* Channels behind the batch, or the batch and the steps, to the end, or from there. */
static ln_id turned(ln_emit *e, ln_id x, bool steps, bool back)
{
    const int rank = ln_emit_shape(e, x).rank, channels = steps ? 2 : 1;
    int perm[LN_MAX_RANK] = {0, 1};
    if (rank <= channels)
        return x;
    for (int i = channels; i < rank; i++)
        perm[i] = back ? i - 1 : i + 1;
    perm[back ? channels : rank - 1] = back ? rank - 1 : channels;
    return ln_emit_transpose(e, x, rank, perm);
}

bool ln_rnn_layer(ln_keras_call *c, ln_rnn_run *run, ln_rnn_result *out)
{
    ln_id initial[LN_RNN_MAX_STATES];
    ln_rnn_run last = *run;
    if (strncmp(ln_json_text(c->layer, "class_name", ""), "ConvLSTM", 8) != 0 ||
        strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") != 0)
        return run_cells(c, run, out);
    last.x = turned(c->e, run->x, true, false);
    last.initial = initial;
    for (int i = 0; i < run->n_initial; i++)
        initial[i] = turned(c->e, run->initial[i], false, false);
    if (!run_cells(c, &last, out))
        return false;
    out->y = turned(c->e, out->y, run->sequences, true);
    for (int i = 0; i < out->n_states; i++)
        out->states[i] = turned(c->e, out->states[i], false, true);
    ln_shape bias = ln_emit_shape(c->e, out->states[0]);
    for (int i = 0; i < bias.rank; i++)
        bias.dim[i] = i == 1 ? bias.dim[i] : 1;
    if (ln_json_bool(c->config, "use_bias", true))
        ln_keras_check_sum(c, out->states[0], &bias);
    return ln_emit_ok(c->e);
}

void ln_rnn_prepare(const ln_keras_call *c, ln_rnn_run *run, ln_id *initial)
{
    const ln_keras_arg *state = ln_keras_arg_find(c, 1, "initial_state");
    ln_keras_value *values = NULL;
    int n = 0, capacity = 0;
    *run = (ln_rnn_run){.x = ln_keras_x(c),
                        .mask = ln_keras_mask_of(c, 0),
                        .initial = initial,
                        .backwards = ln_json_bool(c->config, "go_backwards", false),
                        .zero_masked = ln_json_bool(c->config, "zero_output_for_mask", false),
                        .sequences = ln_json_bool(c->config, "return_sequences", false),
                        .stateful = ln_json_bool(c->config, "stateful", false)};
    for (int i = 1; i < c->n_in && run->n_initial < LN_RNN_MAX_STATES; i++)
        initial[run->n_initial++] = c->in[i].id;
    if (state && ln_keras_arg_flatten(c->k, state, &values, &n, &capacity))
        for (int i = 0; i < n && run->n_initial < LN_RNN_MAX_STATES; i++)
            initial[run->n_initial++] = values[i].id;
    /* Keras 3 hands on the mask that comes with a tensor only where that is the one argument. */
    if (c->k->version >= 3 && n > 0 && !ln_keras_arg_find(c, -1, "mask"))
        run->mask = (ln_keras_mask){.kind = LN_MASK_NONE};
}

void ln_rnn_out(ln_keras_call *c, const ln_rnn_run *run, const ln_rnn_result *result)
{
    const ln_keras_mask none = {.kind = LN_MASK_NONE};
    ln_keras_out_masked(c, result->y, run->sequences ? ln_keras_mask_of(c, 0) : none);
    for (int i = 0; ln_json_bool(c->config, "return_state", false) && i < result->n_states; i++)
        ln_keras_out_masked(c, result->states[i], none);
}

void ln_keras_rnn(ln_keras_call *c)
{
    ln_rnn_run run;
    ln_rnn_result result;
    ln_id initial[LN_RNN_MAX_STATES];
    ln_rnn_prepare(c, &run, initial);
    if (ln_rnn_layer(c, &run, &result))
        ln_rnn_out(c, &run, &result);
}

/* ---- Bidirectional ---- */

/* One direction: the inner layer's call. */
static ln_keras_call direction(ln_keras_call *c, bool backward)
{
    const char *attribute = backward ? "backward_layer" : "forward_layer";
    const cJSON *forward = ln_json_get(c->config, "forward_layer"),
                *back = ln_json_get(c->config, "backward_layer"),
                *both = ln_json_get(c->config, "layer");
    const cJSON *layer = backward ? back : forward;
    ln_keras_scope scope;
    char name[320];
    layer = layer ? layer : both;
    /* Keras 2 calls the two forward_NAME and backward_NAME, whatever its file says of them. */
    const char *inner = name_of(layer) ? name_of(layer) : "";
    const char *prefix = backward ? "backward_" : "forward_";
    const bool named = strncmp(inner, prefix, strlen(prefix)) == 0;
    const char *plain = strncmp(inner, "forward_", 8) == 0 ? inner + 8 : inner;
    if (named || (backward && back && c->k->version >= 3))
        snprintf(name, sizeof name, "%.256s", inner);
    else
        snprintf(name, sizeof name, "%s%.256s", prefix, plain);
    const char *kept = ln_arena_string(&c->k->arena, name, strlen(name));
    ln_keras_scope_part(c->k, &c->scope, attribute, kept, &scope);
    return ln_keras_inner(c, layer, &scope);
}

static void merge(ln_keras_call *c, const char *how, const ln_id *y, const ln_rnn_run *run)
{
    const ln_keras_mask none = {.kind = LN_MASK_NONE};
    const ln_keras_mask mask = run->sequences ? ln_keras_mask_of(c, 0) : none;
    ln_emit *e = c->e;
    if (!how) {
        ln_keras_out_masked(c, y[0], mask);
        ln_keras_out_masked(c, y[1], mask);
    } else if (strcmp(how, "concat") == 0) {
        ln_keras_out_masked(c, ln_emit_concat(e, 2, y, ln_emit_shape(e, y[0]).rank - 1), mask);
    } else if (strcmp(how, "mul") == 0) {
        ln_keras_out_masked(c, ln_keras_binary(e, &ln_op_mul, y[0], y[1]), mask);
    } else if (strcmp(how, "sum") == 0 || strcmp(how, "ave") == 0) {
        const ln_id sum = ln_keras_binary(e, &ln_op_add, y[0], y[1]);
        ln_keras_out_masked(c, ln_keras_with(e, &ln_op_mul, sum, how[0] == 'a' ? 0.5 : 1), mask);
    } else {
        ln_emit_fail(e, LN_ERR_FORMAT, "merge_mode \"%s\"", how);
    }
}

void ln_keras_bidirectional(ln_keras_call *c)
{
    const cJSON *both = ln_json_get(c->config, "layer");
    ln_id initial[LN_RNN_MAX_STATES], y[2];
    ln_rnn_run run, all;
    ln_rnn_result result[2];
    ln_rnn_prepare(c, &all, initial);
    const bool same = ln_json_get(c->config, "backward_layer") == NULL;
    for (int i = 0; i < 2; i++) {
        ln_keras_call inner = direction(c, i == 1);
        const bool backwards = ln_json_bool(inner.config, "go_backwards", false);
        run = all;
        run.n_initial = all.n_initial / 2;
        run.initial = initial + (i ? run.n_initial : 0);
        run.sequences = ln_json_bool(inner.config, "return_sequences", false);
        run.stateful = ln_json_bool(inner.config, "stateful", false);
        run.zero_masked = ln_json_bool(inner.config, "zero_output_for_mask", run.sequences);
        run.backwards = same && i == 1 ? !backwards : backwards;
        run.in_place = i == 1; /* the wrapper turns its result around: it stands as it is */
        if (!inner.layer || !ln_rnn_layer(&inner, &run, &result[i])) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "it wraps no recurrent layer");
            return;
        }
        y[i] = result[i].y;
    }
    merge(c, ln_json_text(c->config, "merge_mode", NULL), y, &run);
    both = both ? both : ln_json_get(c->config, "forward_layer");
    if (ln_json_bool(ln_json_get(both, "config"), "return_state", false))
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < result[i].n_states; k++)
                ln_keras_out_masked(c, result[i].states[k], (ln_keras_mask){.kind = LN_MASK_NONE});
}

/* ---- TimeDistributed: time becomes part of the batch ---- */

void ln_keras_time_distributed(ln_keras_call *c)
{
    const cJSON *layer = ln_json_get(c->config, "layer");
    const ln_keras_layer *row = ln_keras_layer_find(layer);
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    ln_keras_value value = {.id = ln_keras_x(c)};
    ln_keras_scope scope;
    ln_keras_scope_part(c->k, &c->scope, "layer", name_of(layer) ? name_of(layer) : "", &scope);
    ln_keras_call inner = ln_keras_inner(c, layer, &scope);
    const bool plain = row && row->flags & LN_KERAS_STEPS;
    if (s.rank < 2 || c->n_in != 1) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "one input with a time axis is wanted");
        return;
    }
    ln_shape flat = {.rank = s.rank - 1, .dim = {-1}};
    for (int i = 1; i < flat.rank; i++)
        flat.dim[i] = LN_KERAS_AS - (i + 1);
    if (!plain)
        value.id = ln_keras_reshape(c->e, value.id, &flat);
    ln_keras_arg arg;
    ln_keras_call_with(&inner, &value, &arg);
    if (!ln_emit_ok(c->e) || inner.n_out != 1)
        return;
    ln_id y = inner.out[0].id;
    ln_shape t = ln_emit_shape(c->e, y), back = {.rank = t.rank + 1, .dim = {-1, s.dim[1]}};
    if (!plain && (t.rank + 1 > LN_MAX_RANK || s.dim[1] < 0)) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "TimeDistributed over an open number of steps: give --input-shape");
        return;
    }
    for (int i = 1; !plain && i < t.rank; i++)
        back.dim[i + 1] = LN_KERAS_AS - i;
    ln_keras_out(c, plain ? y : ln_keras_reshape(c->e, y, &back));
}

/* ---- a layer that changes another's weights while it is trained ---- */

void ln_keras_wrapped(ln_keras_call *c)
{
    const cJSON *layer = ln_json_get(c->config, "layer");
    ln_keras_scope scope;
    ln_keras_scope_part(c->k, &c->scope, "layer", name_of(layer), &scope);
    ln_keras_call inner = ln_keras_inner(c, layer, &scope);
    c->k->busy++;
    ln_keras_layer_call(&inner);
    c->k->busy--;
    for (int i = 0; i < inner.n_out; i++)
        ln_keras_out_masked(c, inner.out[i].id, inner.out[i].mask);
}
