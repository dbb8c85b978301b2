/* SPDX-License-Identifier: Apache-2.0 */
/* model_view.h: inputs and outputs of a verified model's main graph, as tables of the format, for
 * metadata does not stand on the graph (src/ir). */
#ifndef LN_METADATA_MODEL_VIEW_H
#define LN_METADATA_MODEL_VIEW_H

#include "fb/reader.h"
#include "schema/schema.h"

/* Numbers of the format (TensorType). */
enum { LN_TYPE_FLOAT32 = 0, LN_TYPE_UINT8 = 3 };

typedef struct ln_model_view {
    ln_fb_table graph;
} ln_model_view;

static inline ln_model_view ln_model_view_of(const uint8_t *model, size_t size)
{
    const ln_fb_table root = ln_fb_root(model, size);
    const ln_fb_vector graphs = ln_fb_vec(&root, LN_Model_subgraphs, 4);
    ln_model_view view = {{0}};
    if (graphs.count)
        view.graph = ln_fb_item(&graphs, 0);
    return view;
}

/* `list` is LN_SubGraph_inputs or LN_SubGraph_outputs. */
static inline int ln_model_view_count(const ln_model_view *view, unsigned list)
{
    const size_t n = ln_fb_vec(&view->graph, list, 4).count;
    return n > INT32_MAX ? INT32_MAX : (int)n;
}

/* The number of tensor `i` of a list, -1 when there is none. */
static inline int32_t ln_model_view_id(const ln_model_view *view, unsigned list, int i)
{
    const ln_fb_vector ids = ln_fb_vec(&view->graph, list, 4);
    return i >= 0 && (size_t)i < ids.count ? ln_fb_i32_item(&ids, (size_t)i) : -1;
}

/* Tensor `i` of a list; absent when there is none. */
static inline ln_fb_table ln_model_view_tensor(const ln_model_view *view, unsigned list, int i)
{
    const ln_fb_vector tensors = ln_fb_vec(&view->graph, LN_SubGraph_tensors, 4);
    const int32_t id = ln_model_view_id(view, list, i);
    const ln_fb_table none = {0};
    return id >= 0 && (size_t)id < tensors.count ? ln_fb_item(&tensors, (size_t)id) : none;
}

static inline const char *ln_model_view_name(const ln_model_view *view, unsigned list, int i)
{
    const ln_fb_table t = ln_model_view_tensor(view, list, i);
    const char *name = ln_fb_string(&t, LN_Tensor_name);
    return name ? name : "";
}

#endif
