/* SPDX-License-Identifier: Apache-2.0 */
/* doc.c: writes docs/ops.md, the list of operators, to stdout.
 *
 *   test_ops_doc PREFACE TFLITE_OPS ARCHIVE...      (scripts/ops_doc.sh calls it)
 *
 * Names, codes and versions come from the op table; types from asking the operators about the nodes
 * of the recorded cases (probe.h); what the engine takes from its rows.  PREFACE is the text above
 * the table.  An operator that TensorFlow Lite has, in a version that is not in the table, is an
 * error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive.h"
#include "common/tool.h"
#include "model/model.h"
#include "ops/elementwise.h"
#include "probe.h"

enum { MAX_OPS = 1000, MAX_NAME = 64 };

static probe probes[MAX_OPS];
static int n_probes;

/* ---- asking ---- */

static probe *probe_of(const ln_op *op)
{
    for (int i = 0; i < n_probes; i++)
        if (probes[i].op == op)
            return &probes[i];
    return NULL;
}

static void probe_model(const uint8_t *bytes, size_t n, const char *name)
{
    ln_model *m;
    if (ln_model_open_memory(&m, bytes, n, &ln_alloc_default, NULL) != LN_OK) {
        fprintf(stderr, "%s: no model\n", name);
        exit(1);
    }
    for (int k = 0; k < m->n_graphs; k++) {
        const ln_graph *g = m->graphs[k];
        for (int i = 0; i < g->n_nodes; i++) {
            probe *p = probe_of(g->nodes[i].op);
            if (p)
                probe_node(p, g, &g->nodes[i]);
        }
    }
    ln_model_release(m);
}

static void probe_archive(const char *path)
{
    archive *a = archive_open(path);
    if (!a)
        exit(1);
    for (int i = 0; i < archive_count(a); i++) {
        const char *name = archive_name(a, i);
        size_t n;
        if (!tool_ends_with(name, ".tflite"))
            continue;
        uint8_t *bytes = archive_read(a, name, &n);
        if (!bytes)
            exit(1);
        probe_model(bytes, n, name);
        tool_free(bytes);
    }
    archive_close(a);
}

/* ---- printing ---- */

typedef struct short_name {
    TfLiteType type;
    const char *name;
} short_name;

static const short_name names[] = {
    {kTfLiteFloat32, "f32"},       {kTfLiteFloat16, "f16"},     {kTfLiteBFloat16, "bf16"},
    {kTfLiteFloat64, "f64"},       {kTfLiteInt2, "i2"},         {kTfLiteInt4, "i4"},
    {kTfLiteInt8, "i8"},           {kTfLiteInt16, "i16"},       {kTfLiteInt32, "i32"},
    {kTfLiteInt64, "i64"},         {kTfLiteUInt4, "u4"},        {kTfLiteUInt8, "u8"},
    {kTfLiteUInt16, "u16"},        {kTfLiteUInt32, "u32"},      {kTfLiteUInt64, "u64"},
    {kTfLiteBool, "bool"},         {kTfLiteComplex64, "c64"},   {kTfLiteComplex128, "c128"},
    {kTfLiteFloat8E4M3FN, "f8e4"}, {kTfLiteFloat8E5M2, "f8e5"}, {kTfLiteString, "string"},
    {kTfLiteResource, "resource"}, {kTfLiteVariant, "variant"},
};

/* Words for many types at once, the larger sets first. */
typedef struct word {
    unsigned set;
    const char *name;
} word;
enum {
    NUMBERS = LN_FLOATS | LN_INTEGERS,
    ITEMS = NUMBERS | LN_PACKED | LN_BIT(Float64) | LN_BIT(Bool) | LN_BIT(Complex64) |
            LN_BIT(Complex128) | LN_BIT(Float8E4M3FN) | LN_BIT(Float8E5M2),
};
static const word words[] = {
    {ITEMS, "items"}, {NUMBERS, "numbers"}, {LN_FLOATS, "floats"}, {LN_INTEGERS, "ints"}};

static void print_set(unsigned set)
{
    const char *space = "";
    set &= ~(1u << kTfLiteNoType);
    for (size_t i = 0; i < LN_COUNTOF(words); i++) {
        if ((set & words[i].set) != words[i].set)
            continue;
        printf("%s%s", space, words[i].name);
        set &= ~words[i].set;
        space = " ";
    }
    for (size_t i = 0; i < LN_COUNTOF(names); i++) {
        if (!(set >> names[i].type & 1))
            continue;
        printf("%s%s", space, names[i].name);
        space = " ";
    }
}

static void print_types(const probe *p)
{
    unsigned last = 0;
    const char *comma = "";
    for (int i = 0; i < PROBE_INPUTS; i++) {
        if (!p->in[i] || (i && p->op->max_in < 0))
            continue;
        printf("%s", comma);
        if (comma[0] && p->in[i] == last)
            printf("same");
        else
            print_set(p->in[i]);
        last = p->in[i];
        comma = "; ";
    }
    if (p->op->max_in < 0 || p->op->max_in > PROBE_INPUTS)
        printf("%s...", comma);
    printf(" → ");
    if (p->out == p->in[0])
        printf("same");
    else
        print_set(p->out);
}

static void print_rule(const ln_qrule *r)
{
    switch (r->kind) {
    case LN_Q_ACTIVATION_:
        printf(" a");
        break;
    case LN_Q_WEIGHT_:
        if (r->axis < 0)
            printf(" w");
        else
            printf(" w%d", r->axis);
        break;
    case LN_Q_BIAS_:
        printf(" b");
        break;
    case LN_Q_LIKE_:
        printf(" =%d", r->a);
        break;
    case LN_Q_FIXED_:
        printf(" f");
        break;
    case LN_Q_VECTOR_:
        printf(" v");
        break;
    case LN_Q_STATE_:
        printf(" s");
        break;
    default:
        printf(" -");
    }
}

static void print_rules(const ln_qrule *r)
{
    int n = 0;
    for (int i = 0; i < LN_MAX_ARITY; i++)
        if (r[i].kind != LN_Q_NONE_)
            n = i + 1;
    for (int i = 0; i < n; i++)
        print_rule(&r[i]);
}

static void print_op(const probe *p)
{
    const ln_op *op = p->op;
    printf("| %s | ", op->name);
    if (op->builtin == kTfLiteBuiltinCustom)
        printf("custom | ");
    else
        printf("%d | ", op->builtin);
    printf(op->version > 1 ? "1-%d | " : "%d | ", op->version);
    if (p->nodes)
        print_types(p);
    else
        printf("not recorded");
    printf(" | ");
    print_set(p->engine);
    printf(" | %s |", op->grad ? "yes" : "");
    if (op->quant) {
        print_rules(op->quant->in);
        printf(" →");
        print_rules(op->quant->out);
    }
    printf(" |\n");
}

/* ---- what TensorFlow Lite has ---- */

static int check_peer(const char *path)
{
    char line[256], name[MAX_NAME];
    int oldest, newest, n = 0, gaps = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        exit(1);
    while (fgets(line, sizeof line, f)) {
        const ln_op *found = NULL;
        if (line[0] == '#' || sscanf(line, "%63s %d %d", name, &oldest, &newest) != 3)
            continue;
        n++;
        for (int i = 0; i < n_probes; i++)
            if (strcmp(probes[i].op->name, name) == 0)
                found = probes[i].op;
        if (!found || found->version < newest) {
            fprintf(stderr, "%s: %s\n", name, found ? "not up to its newest version" : "missing");
            gaps++;
        }
    }
    fclose(f);
    printf("TensorFlow Lite registers %d of them; in all of these its newest version is taken here"
           ".\n\n",
           n);
    return gaps;
}

static void print_file(const char *path)
{
    char line[1024];
    FILE *f = fopen(path, "r");
    if (!f)
        exit(1);
    while (fgets(line, sizeof line, f))
        fputs(line, stdout);
    fclose(f);
}

int main(int argc, char **argv)
{
    const ln_op *op;
    if (argc < 4)
        return 2;
    for (int i = 0; i < MAX_OPS && (op = ln_op_at(i)) != NULL; i++)
        probes[n_probes++].op = op;
    for (int i = 3; i < argc; i++)
        probe_archive(argv[i]);
    print_file(argv[1]);
    printf("There are %d operators. ", n_probes);
    if (check_peer(argv[2]))
        return 1;
    printf("| operator | code | versions | types | engine | gradient | quantization |\n"
           "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < n_probes; i++)
        print_op(&probes[i]);
    return 0;
}
