/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.c: one import from beginning to end. */
#include "import/onnx/onnx.h"

#include <string.h>

static ln_status signature(ln_model *m)
{
    return ln_emit_signature(m, 0, "serving_default", NULL, NULL);
}

static ln_status import(ln_ox *o, const char *path)
{
    ln_graph *g;
    Onnx__ModelProto *proto;
    LN_TRY(ln_ox_read(o->m, path, &proto, o->diag));
    o->proto = proto;
    LN_TRY(ln_ox_files_open(o, path));
    LN_TRY(ln_ox_survey(o));
    LN_TRY(ln_model_add_graph(o->m, "main", &g));
    ln_emit_init(&o->e, o->m, g, o->diag);
    ln_ox_main(o);
    LN_TRY(o->e.status);
    return signature(o->m);
}

ln_status ln_import_onnx(ln_model **out, const char *path, const ln_import_options *options,
                         ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_ox o = {.options = options, .report = report, .alloc = alloc, .diag = diag};
    *out = NULL;
    LN_TRY(ln_model_create(&o.m, alloc));
    const ln_status status = import(&o, path);
    if (status == LN_OK)
        *out = o.m;
    else
        ln_model_release(o.m);
    return status;
}
