/* SPDX-License-Identifier: Apache-2.0 */
/* lean.c: makes the command run each model with only those kernel families that a library built for
 * that model alone would have (cmake/families.cmake).  The others are missing from the table, so a
 * row of the engine that calls one which the patterns forget crashes: `check --isolate` says where.
 *
 * Linked in front of the library by --wrap (cmake/tests_kernels.cmake). */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "capi/capi.h"
#include "kernels/kernels.h"
#include "kernels/sets.h"
#include "ops/op.h"

TfLiteInterpreter *__real_TfLiteInterpreterCreate(const TfLiteModel *model,
                                                  const TfLiteInterpreterOptions *options);
TfLiteInterpreter *__wrap_TfLiteInterpreterCreate(const TfLiteModel *model,
                                                  const TfLiteInterpreterOptions *options);
bool __wrap_ln_kernels_init(ln_kernels *k, unsigned isas, bool same_floats);

/* ---- what a model needs ---- */

typedef struct family {
    const char *name, *nodes; /* a pattern */
    bool kept;
} family;

static family families[] = {
#include "lean_families.h"
};

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < LN_COUNTOF(families); i++)
        if (strcmp(families[i].name, name) == 0)
            return families[i].kept;
    return true;
}

/* An operator's name as families.cmake has it; "" for one of another kind. */
static const char *op_name(const ln_node *node)
{
    static const struct {
        int code;
        const char *name;
    } ops[] = {
#define LN_OP(code, name) {code, #name},
#include "ops/ops.def"
    };
    for (size_t i = 0; i < LN_COUNTOF(ops); i++)
        if (ops[i].code == node->builtin && node->builtin != kTfLiteBuiltinCustom)
            return ops[i].name;
    return "";
}

static bool is_step(const char *name)
{
    static const char *const steps[] = {
#define LN_CPU_STEP(name, traits) #name,
#include "cpu/eltwise.def"
    };
    for (size_t i = 0; i < LN_COUNTOF(steps); i++)
        if (strcmp(steps[i], name) == 0)
            return true;
    return false;
}

static const char *type_name(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
        return "f32";
    case kTfLiteFloat16:
        return "f16";
    case kTfLiteInt32:
        return "s32";
    case kTfLiteInt16:
        return "s16";
    case kTfLiteInt8:
        return "s8";
    case kTfLiteUInt8:
        return "u8";
    case kTfLiteInt4:
        return "s4";
    default:
        return "other";
    }
}

/* Keeps the families that the node "NAME TYPE TYPE" needs. */
static void keep_for(const char *name, const char *types)
{
    char text[128];
    snprintf(text, sizeof text, "%s%s", name, types);
    for (size_t i = 0; i < LN_COUNTOF(families); i++) {
        char pattern[512];
        regex_t regex;
        snprintf(pattern, sizeof pattern, "^(%s)", families[i].nodes);
        if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
            abort();
        families[i].kept = families[i].kept || regexec(&regex, text, 0, NULL, 0) == 0;
        regfree(&regex);
    }
}

static void keep_for_graph(const ln_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_node *node = &g->nodes[i];
        const char *name = op_name(node);
        char types[64] = "";
        for (int k = 0; k < node->inputs->size && k < 2; k++)
            if (node->inputs->data[k] >= 0) {
                strcat(types, " ");
                strcat(types, type_name(g->tensors[node->inputs->data[k]].t.type));
            }
        keep_for(name, types);
        if (is_step(name))
            keep_for("step", types);
    }
}

TfLiteInterpreter *__wrap_TfLiteInterpreterCreate(const TfLiteModel *model,
                                                  const TfLiteInterpreterOptions *options)
{
    for (size_t i = 0; i < LN_COUNTOF(families); i++)
        families[i].kept = false;
    for (int g = 0; model && g < model->model->n_graphs; g++)
        keep_for_graph(model->model->graphs[g]);
    return __real_TfLiteInterpreterCreate(model, options);
}

/* ---- the table ---- */

#define LN_INIT(family, set, floats) void ln_##family##_init_##set(ln_kernels *k);
#include "kernels/families.def"
#undef LN_INIT

/* As ln_kernels_init, for the families that are kept. */
bool __wrap_ln_kernels_init(ln_kernels *k, unsigned isas, bool same_floats)
{
    static const struct {
        const char *family;
        int isa;
        void (*init)(ln_kernels *k);
    } rows[] = {
#define LN_INIT(family, set, floats) {#family, LN_ISA_INDEX_##set, ln_##family##_init_##set},
#include "kernels/families.def"
    };
    memset(k, 0, sizeof *k);
    k->isas = isas;
    k->same_floats = same_floats;
    for (int isa = 0; isa < LN_ISA_COUNT; isa++)
        for (size_t i = 0; (isas >> isa & 1) && i < LN_COUNTOF(rows); i++)
            if (rows[i].isa == isa && is_kept(rows[i].family))
                rows[i].init(k);
    return true;
}
