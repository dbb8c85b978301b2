/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: whether metadata fits its model.  Each message names the cure, for it reaches people who
 * have a model and no idea of FlatBuffers. */
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "fb/reader.h"
#include "metadata/meta.h"
#include "metadata/model_view.h"
#include "schema/schema.h"

typedef struct checking {
    const ln_meta *meta;
    ln_model_view model;
    ln_diag diag;
} checking;

static const char *shape_text(const ln_fb_vector *dims, char text[64])
{
    size_t n = (size_t)snprintf(text, 64, "[");
    for (size_t i = 0; i < dims->count && n < 48; i++)
        n += (size_t)snprintf(text + n, 64 - n, "%s%ld", i ? ", " : "",
                              (long)ln_fb_i32_item(dims, i));
    snprintf(text + n, 64 - n, "]");
    return text;
}

/* ---- parts that must be there ---- */

static ln_status check_count(checking *c, unsigned list, int described, const char *what)
{
    const size_t n = ln_fb_vec(&c->model.graph, list, 4).count;
    if (n == (size_t)described)
        return LN_OK;
    return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                   "the model has %zu %ss, but the metadata describes %d: %s_tensor_metadata must "
                   "have one item per %s, in the model's order",
                   n, what, described, what, what);
}

static bool is_packed(const ln_meta *meta, const char *name)
{
    for (int i = 0; i < meta->n_packed; i++) {
        if (strcmp(meta->packed[i], name) == 0)
            return true;
    }
    return false;
}

static ln_status check_files(checking *c, const ln_meta_files *files)
{
    for (int i = 0; i < files->n; i++) {
        const char *name = files->all[i].name ? files->all[i].name : "";
        if (!is_packed(c->meta, name))
            return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                           "the metadata names the file '%s', which the model does not carry: add "
                           "it too, or take it out of associated_files",
                           name);
    }
    return LN_OK;
}

static ln_status check_unit_files(checking *c, const ln_meta_units *units)
{
    for (int i = 0; i < units->n; i++) {
        LN_TRY(check_files(c, &units->all[i].vocabularies));
        LN_TRY(check_files(c, &units->all[i].sentence_models));
    }
    return LN_OK;
}

static ln_status check_tensor_files(checking *c, const ln_meta_tensors *tensors)
{
    for (int i = 0; i < tensors->n; i++) {
        LN_TRY(check_files(c, &tensors->all[i].files));
        LN_TRY(check_unit_files(c, &tensors->all[i].units));
    }
    return LN_OK;
}

static ln_status check_parts(checking *c)
{
    const ln_meta_model *m = c->meta->root;
    if (m->n_graphs != 1)
        return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                       "the metadata describes %d graphs: subgraph_metadata must have one item, "
                       "for the main graph",
                       m->n_graphs);
    const ln_meta_graph *g = &m->graphs[0];
    LN_TRY(check_count(c, LN_SubGraph_inputs, g->inputs.n, "input"));
    LN_TRY(check_count(c, LN_SubGraph_outputs, g->outputs.n, "output"));
    LN_TRY(check_files(c, &m->files));
    LN_TRY(check_files(c, &g->files));
    LN_TRY(check_tensor_files(c, &g->inputs));
    LN_TRY(check_tensor_files(c, &g->outputs));
    LN_TRY(check_unit_files(c, &g->input_units));
    return check_unit_files(c, &g->output_units);
}

/* ---- images ---- */

static ln_status check_normalization(checking *c, const ln_meta_unit *u, int i, int channels)
{
    for (int k = 0; k < 2; k++) {
        const int n = k ? u->n_std : u->n_mean;
        if (n != 1 && n != channels)
            return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                           "input %d: its normalization has %d values of %s: give one, or one for "
                           "each of the %d channels",
                           i, n, k ? "std" : "mean", channels);
    }
    for (int k = 0; k < u->n_std; k++) {
        if (u->std[k] == 0)
            return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                           "input %d: its normalization divides by a std of 0: give the range of "
                           "pixels, 127.5 or 255",
                           i);
    }
    return LN_OK;
}

static ln_status check_image(checking *c, const ln_meta_tensor *t, int i)
{
    const ln_fb_table tensor = ln_model_view_tensor(&c->model, LN_SubGraph_inputs, i);
    const ln_fb_vector dims = ln_fb_vec(&tensor, LN_Tensor_shape, 4);
    const ln_meta_unit *u = ln_meta_find_unit(&t->units, LN_META_NORMALIZATION);
    const int channels = t->color == LN_META_GRAYSCALE ? 1 : 3;
    const bool is_float = ln_fb_i8(&tensor, LN_Tensor_type, 0) == LN_TYPE_FLOAT32;
    char text[64];
    if (dims.count != 4)
        return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                       "input %d has the shape %s, and an image must have four dimensions, "
                       "[batch, height, width, channels]: take ImageProperties out",
                       i, shape_text(&dims, text));
    if (is_float && !u)
        return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                       "input %d takes an image as float32 and has no normalization, so nobody "
                       "can know what the model wants: add a process unit NormalizationOptions "
                       "with the mean and std of its training (127.5 and 127.5 for -1 to 1, 0 and "
                       "255 for 0 to 1)",
                       i);
    return u ? check_normalization(c, u, i, channels) : LN_OK;
}

/* ---- labels ---- */

/* Lines, the last of which may lack its end. */
static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n' || i + 1 == n;
    return lines;
}

/* Open dimensions fit anything; several axes may have their labels together. */
static bool axis_fits(const ln_fb_vector *dims, size_t labels)
{
    size_t all = 1;
    for (size_t i = 0; i < dims->count; i++) {
        const int32_t dim = ln_fb_i32_item(dims, i);
        if (dim <= 0 || (size_t)dim == labels)
            return true;
        if (!ln_mul_size(all, (size_t)dim, &all))
            return false;
    }
    return dims->count == 0 || all == labels;
}

static ln_status check_labels(checking *c, const ln_meta_file *f, int i)
{
    const ln_fb_table tensor = ln_model_view_tensor(&c->model, LN_SubGraph_outputs, i);
    const ln_fb_vector dims = ln_fb_vec(&tensor, LN_Tensor_shape, 4);
    void *data;
    size_t n;
    char text[64];
    LN_TRY(ln_meta_unpack(c->meta, f->name, &data, &n, &c->diag));
    const size_t labels = count_lines(data, n);
    ln_free(&ln_alloc_default, data);
    if (axis_fits(&dims, labels))
        return LN_OK;
    return ln_fail(&c->diag, LN_ERR_ARGUMENT,
                   "output %d has the shape %s, and its labels in %s are %zu: there must be a line "
                   "for each place along an axis",
                   i, shape_text(&dims, text), f->name, labels);
}

static ln_status check_meaning(checking *c)
{
    const ln_meta_graph *g = &c->meta->root->graphs[0];
    for (int i = 0; i < g->inputs.n; i++) {
        if (g->inputs.all[i].content == LN_META_IMAGE)
            LN_TRY(check_image(c, &g->inputs.all[i], i));
    }
    for (int i = 0; i < g->outputs.n; i++) {
        const ln_meta_files *files = &g->outputs.all[i].files;
        for (int k = 0; k < files->n; k++) {
            if (files->all[k].type == LN_META_AXIS_LABELS)
                LN_TRY(check_labels(c, &files->all[k], i));
        }
    }
    return LN_OK;
}

static bool check(const ln_meta *meta, bool meaning, ln_meta_error *error)
{
    checking c = {.meta = meta};
    if (!meta->root)
        return true;
    c.model = ln_model_view_of(meta->model, meta->size);
    ln_status status = check_parts(&c);
    if (status == LN_OK && meaning)
        status = check_meaning(&c);
    return ln_meta_report(status, &c.diag, error);
}

bool ln_meta_check(const ln_meta *meta, ln_meta_error *error)
{
    return check(meta, true, error);
}

bool ln_meta_check_parts(const ln_meta *meta, ln_meta_error *error)
{
    return check(meta, false, error);
}
