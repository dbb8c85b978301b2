/* SPDX-License-Identifier: Apache-2.0 */
/* uneven.c: gives a model the problem that quantizers fear: some channels of one convolution are a
 * thousand times larger, and the next one's weights for them a thousand times smaller, so that the
 * float model computes the same.
 *
 *     uneven MODEL NODE OUT    every fourth output channel of node NODE, whose reader is next */
#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"
#include "ops/list.h"

enum { EVERY = 4 };
#define FACTOR 1000.f

/* The model's constants lie in `bytes`, which are ours to write. */
static void scale(const TfLiteTensor *t, int axis, float by)
{
    float *x = t->data.f;
    int inner = 1, n = 1;
    for (int i = 0; i < t->dims->size; i++) {
        n *= t->dims->data[i];
        inner *= i > axis ? t->dims->data[i] : 1;
    }
    for (int i = 0; i < n; i++)
        x[i] *= i / inner % t->dims->data[axis] % EVERY == 0 ? by : 1;
}

static bool change(ln_model *m, int node)
{
    ln_graph *g = m->graphs[0];
    const ln_node *a = node >= 0 && node + 1 < g->n_nodes ? &g->nodes[node] : NULL;
    const ln_node *b = a ? a + 1 : NULL;
    if (!a || a->inputs->size != 3 || b->inputs->size != 3 ||
        b->inputs->data[0] != a->outputs->data[0])
        return false;
    const TfLiteTensor *w = &g->tensors[a->inputs->data[1]].t;
    const bool depthwise = a->op == &ln_op_depthwise_conv_2d;
    scale(w, depthwise ? 3 : 0, FACTOR);
    scale(&g->tensors[a->inputs->data[2]].t, 0, FACTOR);
    scale(&g->tensors[b->inputs->data[1]].t, 3, 1 / FACTOR);
    return true;
}

int main(int argc, char **argv)
{
    ln_diag diag = {0};
    ln_model *m = NULL;
    FILE *f = argc == 4 ? fopen(argv[1], "rb") : NULL;
    static char bytes[1 << 20];
    const size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    bool ok = n > 0 && n < sizeof bytes &&
              ln_model_open_memory(&m, bytes, n, &ln_alloc_default, &diag) == LN_OK &&
              change(m, atoi(argv[2]));
    ln_model_release(m);
    f = ok ? fopen(argv[3], "wb") : NULL;
    ok = f && fwrite(bytes, 1, n, f) == n;
    if (f)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        fprintf(stderr, "uneven: %s\n", diag.text[0] ? diag.text : "MODEL NODE OUT");
    return ok ? 0 : 1;
}
