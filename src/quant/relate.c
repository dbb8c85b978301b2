/* SPDX-License-Identifier: Apache-2.0 */
/* relate.c: what the weights of convolutions and products are multiplied with, as sums of products
 * of any two inputs of one output over samples.  A copy of the model gets a custom operator in
 * front of each, which looks at some of the places that it will look at. */
#include <string.h>

#include "emit/emit.h"
#include "model/model.h"
#include "ops/list.h"
#include "ops/window.h"
#include "quant/kept.h"
#include "quant/quant.h"
#include "quant/round.h"

#define RELATE "LinnetRelate"
/* Places of a sample; weights of an output, and bytes of all sums: what is above stays without. */
enum { PLACES = 128, MOST_WEIGHTS = 2048, MOST_BYTES = 256 << 20 };

typedef struct relating {
    ln_quant_relations *all;
    float *inputs; /* of one output */
    ln_diag *diag;
} relating;

/* ---- the layers ---- */

static bool is_related(const ln_graph *g, const ln_node *n)
{
    const bool known = n->op == &ln_op_conv_2d || n->op == &ln_op_fully_connected;
    return known && n->params && n->inputs->size >= 2 && n->inputs->data[0] >= 0 &&
           g->tensors[n->inputs->data[0]].t.type == kTfLiteFloat32 &&
           ln_quant_is_weights(g, n->inputs->data[1]);
}

static int find(const ln_quant_relations *r, ln_id tensor)
{
    for (int i = 0; i < r->n; i++)
        if (r->all[i].tensor == tensor)
            return i;
    return -1;
}

/* Lists the node's weights; how many bytes their sums take. */
static ln_status add_relation(const ln_graph *g, const ln_node *n, ln_quant_relations *r,
                              size_t *bytes)
{
    const ln_id id = n->inputs->data[1];
    const ln_shape s = ln_shape_of(&g->tensors[id].t);
    const bool filter = n->op == &ln_op_conv_2d;
    const int k = s.rank < 2 ? 0 : ln_shape_count(&s, 1, s.rank);
    if (find(r, id) >= 0 || s.rank != (filter ? 4 : 2) || k < 2 || k > MOST_WEIGHTS)
        return LN_OK;
    const size_t size = (size_t)k * (size_t)k * sizeof(float);
    if (*bytes + size > MOST_BYTES)
        return LN_OK;
    *bytes += size;
    ln_quant_relation *one = &r->all[r->n++];
    *one = (ln_quant_relation){
        .tensor = id, .k = k, .rows = filter ? s.dim[1] : 0, .columns = filter ? s.dim[2] : 0};
    one->sums = ln_new(&ln_alloc_default, size, 1);
    return one->sums ? LN_OK : LN_ERR_MEMORY;
}

static ln_status put_relate(ln_model *m, ln_graph *g, ln_node *n, ln_quant_relations *r)
{
    const int32_t at = find(r, n->inputs->data[1]);
    ln_id id;
    if (at < 0)
        return LN_OK;
    r->all[at].use = n;
    LN_TRY(ln_graph_add_node(m, g, NULL, 1, n->inputs->data, 0, NULL, &id));
    ln_node *made = &g->nodes[id];
    made->builtin = kTfLiteBuiltinCustom;
    made->custom_name = RELATE;
    made->custom = ln_arena_copy(&m->arena, &at, sizeof at);
    made->custom_size = sizeof at;
    return made->custom ? LN_OK : LN_ERR_MEMORY;
}

static ln_status put_all(ln_model *m, ln_quant_relations *r)
{
    ln_graph *g = m->graphs[0];
    const ln_quant_nodes old = ln_quant_take_nodes(g);
    size_t bytes = 0;
    r->all = ln_new(&ln_alloc_default, (size_t)old.n + 1, sizeof *r->all);
    if (!r->all)
        return LN_ERR_MEMORY;
    for (int i = 0; i < old.n; i++) {
        const bool related = is_related(g, &old.nodes[i]);
        if (related)
            LN_TRY(add_relation(g, &old.nodes[i], r, &bytes));
        if (related)
            LN_TRY(put_relate(m, g, &old.nodes[i], r));
        LN_TRY(ln_quant_put_node(m, g, &old.nodes[i]));
    }
    return LN_OK;
}

/* ---- the operator ---- */

static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    (void)context;
    (void)node;
    return kTfLiteOk;
}

static void add_products(ln_quant_relation *r, const float *x)
{
    for (int i = 0; i < r->k; i++) {
        float *to = r->sums + (size_t)i * (size_t)r->k;
        const float by = x[i];
        for (int j = 0; by != 0 && j <= i; j++)
            to[j] += by * x[j];
    }
}

static void relate_rows(ln_quant_relation *r, const float *x, size_t n)
{
    const size_t rows = n / (size_t)r->k, seen = LN_MIN(rows, (size_t)PLACES);
    for (size_t i = 0; i < seen; i++)
        add_products(r, x + i * rows / seen * (size_t)r->k);
}

/* The inputs of the output at `row`, `column`; 0 outside of the image. */
static void gather(const ln_window *down, const ln_window *across, const float *image, int channels,
                   int row, int column, float *to)
{
    const size_t pixel = (size_t)channels;
    for (int i = 0; i < down->filter; i++)
        for (int k = 0; k < across->filter; k++, to += pixel) {
            const int y = row * down->stride - down->pad + i * down->dilation;
            const int x = column * across->stride - across->pad + k * across->dilation;
            if (y < 0 || y >= down->in || x < 0 || x >= across->in)
                memset(to, 0, pixel * sizeof *to);
            else
                memcpy(to, image + ((size_t)y * (size_t)across->in + (size_t)x) * pixel,
                       pixel * sizeof *to);
        }
}

static ln_status relate_filter(relating *r, ln_quant_relation *one, const TfLiteOpaqueTensor *t)
{
    const TfLiteConvParams *p = one->use->params;
    const int channels = TfLiteOpaqueTensorDim(t, 3);
    ln_call c = {.diag = r->diag};
    ln_window down = {.in = TfLiteOpaqueTensorDim(t, 1),
                      .filter = one->rows,
                      .stride = p->stride_height,
                      .dilation = p->dilation_height_factor};
    ln_window across = {.in = TfLiteOpaqueTensorDim(t, 2),
                        .filter = one->columns,
                        .stride = p->stride_width,
                        .dilation = p->dilation_width_factor};
    LN_TRY(ln_window_plan(&c, "height", p->padding, &down));
    LN_TRY(ln_window_plan(&c, "width", p->padding, &across));
    const int places = down.out * across.out, seen = LN_MIN(places, (int)PLACES);
    if (channels * one->rows * one->columns != one->k) /* groups */
        return LN_OK;
    for (int i = 0; i < seen; i++) {
        const int at = (int)((int64_t)i * places / seen);
        gather(&down, &across, TfLiteOpaqueTensorData(t), channels, at / across.out,
               at % across.out, r->inputs);
        add_products(one, r->inputs);
    }
    return LN_OK;
}

static TfLiteStatus relate(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    relating *r = user;
    const TfLiteOpaqueTensor *t = TfLiteOpaqueNodeGetInput(context, node, 0);
    const void *data;
    int n;
    int32_t at;
    if (!t || TfLiteOpaqueNodeGetCustomInitialData(node, &data, &n) != kTfLiteOk ||
        n != (int)sizeof at)
        return kTfLiteError;
    memcpy(&at, data, sizeof at);
    if (at < 0 || at >= r->all->n)
        return kTfLiteError;
    ln_quant_relation *one = &r->all->all[at];
    if (!one->rows)
        relate_rows(one, TfLiteOpaqueTensorData(t), TfLiteOpaqueTensorByteSize(t) / sizeof(float));
    else if (TfLiteOpaqueTensorNumDims(t) == 4 && relate_filter(r, one, t) != LN_OK)
        return kTfLiteError;
    return kTfLiteOk;
}

/* ---- all of it ---- */

static ln_status run(ln_model *m, void *const *samples, int n_samples, ln_quant_relations *out,
                     ln_diag *diag)
{
    uint8_t *bytes = NULL;
    size_t n;
    relating r = {out, ln_new(&ln_alloc_default, MOST_WEIGHTS, sizeof(float)), diag};
    const ln_quant_kept kept = {.samples = samples,
                                .n = n_samples,
                                .op = RELATE,
                                .prepare = prepare,
                                .invoke = relate,
                                .user = &r};
    ln_status status = r.inputs ? put_all(m, out) : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = ln_model_write(m, &bytes, &n, &ln_alloc_default, diag);
    if (status == LN_OK)
        status = ln_quant_run_kept(&kept, bytes, n);
    for (int i = 0; status == LN_OK && i < out->n; i++)
        ln_quant_factor(out->all[i].sums, out->all[i].k);
    ln_free(&ln_alloc_default, bytes);
    ln_free(&ln_alloc_default, r.inputs);
    return status;
}

ln_status ln_quant_relate(const void *model, size_t n, void *const *samples, int n_samples,
                          ln_quant_relations *out, ln_diag *diag)
{
    ln_model *m;
    *out = (ln_quant_relations){0};
    LN_TRY(ln_model_open_memory(&m, model, n, &ln_alloc_default, diag));
    ln_quant_job job = {.m = m, .diag = diag};
    ln_status status = ln_quant_start_over(&job);
    if (status == LN_OK)
        status = run(m, samples, n_samples, out, diag);
    ln_model_release(m);
    for (int i = 0; i < out->n; i++)
        out->all[i].use = NULL; /* it went with the model */
    return status;
}

void ln_quant_relations_free(ln_quant_relations *r)
{
    for (int i = 0; i < r->n; i++)
        ln_free(&ln_alloc_default, r->all[i].sums);
    ln_free(&ln_alloc_default, r->all);
}

const ln_quant_relation *ln_quant_relation_of(const ln_quant_relations *r, const ln_model *m,
                                              const ln_graph *g, ln_id tensor)
{
    const int at = r && g == m->graphs[0] ? find(r, tensor) : -1;
    return at < 0 ? NULL : &r->all[at];
}
