/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.c: one import from beginning to end. */
#include "import/onnx/onnx.h"

#include <string.h>

/* No tensor may have more items than a file can say, open dimensions taken for 1. */
static ln_status check_sizes(const ln_ox *o)
{
    for (int k = 0; k < o->m->n_graphs; k++)
        for (int i = 0; i < o->m->graphs[k]->n_tensors; i++) {
            const TfLiteTensor *t = &o->m->graphs[k]->tensors[i].t;
            ln_shape s = ln_shape_of(t);
            for (int d = 0; d < s.rank; d++)
                s.dim[d] = s.dim[d] < 0 ? 1 : s.dim[d];
            const int count = ln_shape_count(&s, 0, s.rank);
            if (count < 0 || (size_t)count > INT32_MAX / LN_MAX(ln_type_size(t->type), 1))
                return ln_fail(o->diag, LN_ERR_UNSUPPORTED, "%s: a tensor of more than 2 GB",
                               t->name);
        }
    return LN_OK;
}

static ln_status import(ln_ox *o, const char *path, ln_bytes bytes)
{
    ln_graph *g;
    Onnx__ModelProto *proto;
    LN_TRY(ln_ox_read(o->m, path, bytes, &proto, o->diag));
    o->proto = proto;
    LN_TRY(ln_ox_files_open(o, path));
    LN_TRY(ln_ox_survey(o));
    LN_TRY(ln_model_add_graph(o->m, "main", &g));
    ln_emit_init(&o->e, o->m, g, o->diag);
    ln_ox_main(o);
    LN_TRY(o->e.status);
    LN_TRY(check_sizes(o));
    return ln_emit_signature(o->m, 0, "serving_default", NULL, NULL);
}

ln_status ln_ox_import(ln_model **out, const char *path, ln_bytes bytes, const ln_file *file,
                       const ln_import_options *options, ln_report *report, ln_diag *diag)
{
    ln_ox o = {.options = options,
               .report = report,
               .alloc = &ln_alloc_default,
               .diag = diag,
               .file = file};
    *out = NULL;
    LN_TRY(ln_model_create(&o.m, o.alloc));
    const ln_status status = import(&o, path, bytes);
    if (status == LN_OK)
        *out = o.m;
    else
        ln_model_release(o.m);
    return status;
}

ln_status ln_import_onnx(ln_model **out, const char *path, const ln_import_options *options,
                         ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_file file;
    *out = NULL;
    LN_TRY(ln_file_open(&file, path, alloc, diag));
    const ln_status status =
        ln_ox_import(out, path, (ln_bytes){file.data, file.size}, &file, options, report, diag);
    if (status == LN_OK)
        ln_ox_files_keep(*out, &file);
    else
        ln_file_close(&file);
    return status;
}
