/* SPDX-License-Identifier: Apache-2.0 */
/* trees.c: ai.onnx.ml's TreeEnsembleRegressor and TreeEnsembleClassifier.  All trees go down a
 * level at a time, for all rows: from the nodes that they have reached [rows, trees] the features,
 * limits and children are looked up in constants, and compared; leaves lead to themselves.  What
 * the leaves hold is looked up last and added. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/learn.h"

enum { MOST_NODES = 1 << 20, DEEPEST = 64, MOST_VALUES = 1 << 24 };

typedef struct key {
    int64_t tree, node;
    int at; /* among the file's nodes */
} key;

typedef struct forest {
    const ln_ox_node *n;
    int nodes, trees, depth, classes; /* classes: or targets */
    key *keys;                        /* sorted */
    int *feature, *yes, *no, *roots;
    float *limit, *values; /* values: [nodes, classes] */
    bool *missing, any_missing;
    bool one_class, all_positive; /* of a classifier of two: only one has weights */
} forest;

static int by_key(const void *a, const void *b)
{
    const key *p = a, *q = b;
    if (p->tree != q->tree)
        return p->tree < q->tree ? -1 : 1;
    return p->node < q->node ? -1 : p->node > q->node;
}

static int find(const forest *f, int64_t tree, int64_t node)
{
    const key wanted = {tree, node, 0};
    const key *found = bsearch(&wanted, f->keys, (size_t)f->nodes, sizeof wanted, by_key);
    return found ? found->at : -1;
}

static const int64_t *ints(const forest *f, const char *name, int n)
{
    const Onnx__AttributeProto *a = ln_ox_attr(f->n, name);
    return a && a->n_ints == (size_t)n && n ? a->ints : NULL;
}

static bool allocate(ln_ox *o, forest *f)
{
    const size_t n = (size_t)f->nodes;
    ln_arena *arena = &o->m->arena;
    f->keys = ln_arena_new(arena, n, sizeof *f->keys);
    f->feature = ln_arena_new(arena, n, sizeof *f->feature);
    f->yes = ln_arena_new(arena, n, sizeof *f->yes);
    f->no = ln_arena_new(arena, n, sizeof *f->no);
    f->roots = ln_arena_new(arena, n, sizeof *f->roots);
    f->limit = ln_arena_new(arena, n, sizeof *f->limit);
    f->missing = ln_arena_new(arena, n, sizeof *f->missing);
    f->values = ln_arena_new(arena, n * (size_t)f->classes, sizeof *f->values);
    if (f->keys && f->feature && f->yes && f->no && f->roots && f->limit && f->missing && f->values)
        return true;
    ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    return false;
}

static bool is_mode(const ProtobufCBinaryData *s, const char *mode)
{
    return s->len == strlen(mode) && memcmp(s->data, mode, s->len) == 0;
}

/* One node, as "goes to `yes` if x <= limit". */
static bool read_mode(ln_ox *o, forest *f, int i, const ProtobufCBinaryData *mode)
{
    const bool leq = is_mode(mode, "BRANCH_LEQ"), gt = is_mode(mode, "BRANCH_GT");
    const bool lt = is_mode(mode, "BRANCH_LT"), gte = is_mode(mode, "BRANCH_GTE");
    if (!leq && !gt && !lt && !gte) {
        LN_OX_FAIL(o, "a node that compares otherwise than by <, <=, > and >=");
        return false;
    }
    if (lt || gte)
        f->limit[i] = nextafterf(f->limit[i], -INFINITY);
    if (gt || gte) {
        const int swapped = f->yes[i];
        f->yes[i] = f->no[i];
        f->no[i] = swapped;
        f->missing[i] = !f->missing[i];
    }
    f->any_missing = f->any_missing || f->missing[i];
    return true;
}

static bool read_nodes(ln_ox *o, forest *f)
{
    const int64_t *trees = ints(f, "nodes_treeids", f->nodes);
    const int64_t *nodes = ints(f, "nodes_nodeids", f->nodes);
    const int64_t *features = ints(f, "nodes_featureids", f->nodes);
    const int64_t *yes = ints(f, "nodes_truenodeids", f->nodes);
    const int64_t *no = ints(f, "nodes_falsenodeids", f->nodes);
    const int64_t *missing = ints(f, "nodes_missing_value_tracks_true", f->nodes);
    const Onnx__AttributeProto *limits = ln_ox_attr(f->n, "nodes_values");
    const Onnx__AttributeProto *modes = ln_ox_attr(f->n, "nodes_modes");
    if (!trees || !nodes || !features || !yes || !no || !limits || !modes ||
        limits->n_floats != (size_t)f->nodes || modes->n_strings != (size_t)f->nodes) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "attributes of %d nodes are incomplete", f->nodes);
        return false;
    }
    for (int i = 0; i < f->nodes; i++)
        f->keys[i] = (key){trees[i], nodes[i], i};
    qsort(f->keys, (size_t)f->nodes, sizeof *f->keys, by_key);
    for (int i = 0; i < f->nodes; i++) {
        f->yes[i] = f->no[i] = i;
        if (is_mode(&modes->strings[i], "LEAF"))
            continue;
        f->yes[i] = find(f, trees[i], yes[i]);
        f->no[i] = find(f, trees[i], no[i]);
        f->feature[i] = features[i] < 0 || features[i] > INT32_MAX ? -1 : (int)features[i];
        f->limit[i] = limits->floats[i];
        f->missing[i] = missing && missing[i];
        if (f->yes[i] < 0 || f->no[i] < 0 || f->feature[i] < 0) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "node %d leads nowhere", i);
            return false;
        }
        if (!read_mode(o, f, i, &modes->strings[i]))
            return false;
    }
    return true;
}

/* Roots are what nothing leads to; the depth is how many steps it takes until all stand still. */
static bool find_roots(ln_ox *o, forest *f)
{
    int *reached = ln_arena_new(&o->m->arena, 2 * (size_t)f->nodes, sizeof *reached);
    if (!reached) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    for (int i = 0; i < f->nodes; i++)
        for (int side = 0; side < 2; side++) {
            const int to = side ? f->no[i] : f->yes[i];
            reached[to] += to != i;
        }
    int n = 0;
    for (int i = 0; i < f->nodes; i++)
        if (!reached[i])
            f->roots[f->trees++] = i;
    memcpy(reached, f->roots, sizeof *reached * (size_t)f->trees);
    n = f->trees;
    for (f->depth = 0; n > 0 && f->depth <= DEEPEST; f->depth++) {
        int *next = reached + f->nodes, count = 0;
        for (int i = 0; i < n; i++)
            for (int side = 0; side < 2 && f->yes[reached[i]] != reached[i]; side++)
                if (count < f->nodes)
                    next[count++] = side ? f->no[reached[i]] : f->yes[reached[i]];
        memcpy(reached, next, sizeof *next * (size_t)count);
        n = count;
    }
    f->depth--;
    if (f->trees < 1 || n > 0) {
        LN_OX_FAIL(o, "trees deeper than %d", (int)DEEPEST);
        return false;
    }
    return true;
}

/* What leaves give, by attributes PREFIX_treeids and so on. */
static bool read_values(ln_ox *o, forest *f, const char *const *names)
{
    const Onnx__AttributeProto *weights = ln_ox_attr(f->n, names[3]);
    const int n = weights && weights->n_floats <= MOST_NODES ? (int)weights->n_floats : -1;
    const int64_t *trees = ints(f, names[0], n), *nodes = ints(f, names[1], n);
    const int64_t *classes = ints(f, names[2], n);
    if (n < 1 || !trees || !nodes || !classes) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "the weights of leaves are incomplete");
        return false;
    }
    f->one_class = f->all_positive = true;
    for (int i = 0; i < n; i++) {
        const int at = find(f, trees[i], nodes[i]);
        f->one_class = f->one_class && classes[i] == classes[0];
        f->all_positive = f->all_positive && weights->floats[i] >= 0;
        if (at < 0 || classes[i] < 0 || classes[i] >= f->classes) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "weight %d belongs to no leaf and class", i);
            return false;
        }
        f->values[(size_t)at * (size_t)f->classes + (size_t)classes[i]] += weights->floats[i];
    }
    return true;
}

static bool read_forest(ln_ox *o, const ln_ox_node *n, int classes, const char *const *names,
                        forest *f)
{
    const Onnx__AttributeProto *ids = ln_ox_attr(n, "nodes_nodeids");
    *f = (forest){.n = n, .classes = classes};
    if (!ids || ids->n_ints < 1 || ids->n_ints > MOST_NODES || classes < 1 ||
        ids->n_ints > (size_t)(MOST_VALUES / classes)) {
        LN_OX_FAIL(o, "%zu nodes and %d values each", ids ? ids->n_ints : 0, classes);
        return false;
    }
    f->nodes = (int)ids->n_ints;
    return allocate(o, f) && read_nodes(o, f) && find_roots(o, f) && read_values(o, f, names);
}

/* ---- going down ---- */

static ln_id vector(ln_ox *o, TfLiteType type, int n, const void *items)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    return ln_emit_constant(&o->e, type, &s, items, (size_t)n * ln_type_size(type), false);
}

/* Each row's features of these numbers. */
static ln_id features(ln_ox *o, ln_id x, ln_id numbers, bool first)
{
    const TfLiteGatherParams p = {.axis = 1, .batch_dims = first ? 0 : 1};
    return ln_emit_binary(&o->e, &ln_op_gather, &p, x, numbers);
}

static ln_id descend(ln_ox *o, const forest *f, ln_id x)
{
    const ln_id tables[] = {vector(o, kTfLiteInt32, f->nodes, f->feature),
                            vector(o, kTfLiteFloat32, f->nodes, f->limit),
                            vector(o, kTfLiteInt32, f->nodes, f->yes),
                            vector(o, kTfLiteInt32, f->nodes, f->no),
                            f->any_missing ? vector(o, kTfLiteBool, f->nodes, f->missing) : -1};
    ln_id at = vector(o, kTfLiteInt32, f->trees, f->roots);
    for (int level = 0; level < f->depth && ln_ox_ok(o); level++) {
        ln_id here[5];
        for (int i = 0; i < 5; i++)
            here[i] = tables[i] < 0 ? -1 : ln_emit_gather(&o->e, tables[i], at, 0);
        const ln_id v = features(o, x, here[0], level == 0);
        ln_id yes = ln_ox_op2(o, &ln_op_less_equal, v, here[1]);
        if (here[4] >= 0) {
            const ln_id nan = ln_ox_op2(o, &ln_op_not_equal, v, v);
            yes = ln_ox_op2(o, &ln_op_logical_or, yes,
                            ln_ox_op2(o, &ln_op_logical_and, nan, here[4]));
        }
        at = ln_ox_select(o, yes, here[2], here[3]);
    }
    return at;
}

/* [rows, classes]: the sums of what the trees give. */
static ln_id sums(ln_ox *o, const forest *f, ln_id x)
{
    const ln_shape s = {.rank = 2, .dim = {f->nodes, f->classes}};
    const size_t bytes = (size_t)f->nodes * (size_t)f->classes * sizeof *f->values;
    const ln_id table = ln_emit_constant(&o->e, kTfLiteFloat32, &s, f->values, bytes, false);
    const ln_id found = ln_emit_gather(&o->e, table, descend(o, f, x), 0);
    return ln_emit_reduce(&o->e, &ln_op_sum, found, 1, (const int[]){1}, false);
}

static ln_id with_base(ln_ox *o, const forest *f, ln_id y)
{
    const Onnx__AttributeProto *base = ln_ox_attr(f->n, "base_values");
    if (!base || base->n_floats == 0)
        return y;
    if (base->n_floats != (size_t)f->classes && base->n_floats != 1)
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "%zu base values", base->n_floats);
    return ln_ox_add(o, y, ln_emit_floats(&o->e, (int)base->n_floats, base->floats));
}

/* The rows; -1 when they are no matrix, or stumps have nothing to go down. */
static ln_id rows_of(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_emit_cast(&o->e, ln_ox_in_id(o, n, 0), kTfLiteFloat32);
    if (ln_ox_ok(o) && ln_emit_shape(&o->e, x).rank != 2)
        LN_OX_FAIL(o, "its input has to be rows of features");
    return x;
}

void ln_ox_tree_regressor(ln_ox *o, const ln_ox_node *n)
{
    static const char *const names[] = {"target_treeids", "target_nodeids", "target_ids",
                                        "target_weights"};
    const ln_id x = rows_of(o, n);
    const bool mean = ln_ox_is(n, "aggregate_function", "AVERAGE", "SUM");
    forest f;
    if (!ln_ox_ok(o) || !read_forest(o, n, ln_ox_int(n, "n_targets", 1), names, &f))
        return;
    if (f.depth < 1 || (!mean && !ln_ox_is(n, "aggregate_function", "SUM", "SUM"))) {
        LN_OX_FAIL(o, "trees without branches, or other than summed or averaged");
        return;
    }
    ln_id y = sums(o, &f, x);
    if (mean)
        y = ln_ox_mul(o, y, ln_emit_float(&o->e, 1 / (float)f.trees));
    ln_ox_out(o, n, 0, ln_ox_scores(o, n, with_base(o, &f, y)));
}

/* Two classes, of which one has weights: its score decides. */
static void two_classes(ln_ox *o, const ln_ox_node *n, const forest *f, ln_id scores)
{
    const Onnx__AttributeProto *base = ln_ox_attr(n, "base_values");
    const int64_t column = ln_ox_attr(n, "class_ids")->ints[0];
    const bool second = base && base->n_floats == 2;
    const int begin[] = {0, (int)column}, size[] = {-1, 1};
    ln_id s = ln_emit_slice(&o->e, scores, 2, begin, size);
    if (base && base->n_floats)
        s = ln_ox_add(o, s, ln_emit_float(&o->e, base->floats[second]));
    const ln_id limit = ln_emit_float(&o->e, f->all_positive ? 0.5f : 0.f);
    const ln_id top = ln_emit_cast(&o->e, ln_ox_op2(o, &ln_op_greater, s, limit), kTfLiteInt32);
    ln_id other =
        f->all_positive ? ln_ox_sub(o, ln_emit_float(&o->e, 1), s) : ln_ox_op1(o, &ln_op_neg, s);
    if (!f->all_positive && ln_ox_is(n, "post_transform", "LOGISTIC", "NONE")) {
        s = ln_ox_op1(o, &ln_op_logistic, s);
        other = ln_ox_op1(o, &ln_op_logistic, other);
    }
    ln_ox_out_label(o, n, ln_emit_squeeze(&o->e, top, 1u << 1));
    ln_ox_out(o, n, 1, ln_emit_concat(&o->e, 2, (const ln_id[]){other, s}, 1));
}

void ln_ox_tree_classifier(ln_ox *o, const ln_ox_node *n)
{
    static const char *const names[] = {"class_treeids", "class_nodeids", "class_ids",
                                        "class_weights"};
    const ln_id x = rows_of(o, n);
    const int classes = ln_ox_labels(n);
    forest f;
    if (!ln_ox_ok(o) || !read_forest(o, n, classes, names, &f))
        return;
    if (f.depth < 1) {
        LN_OX_FAIL(o, "trees without branches");
        return;
    }
    const ln_id y = sums(o, &f, x);
    if (classes == 2 && f.one_class) {
        two_classes(o, n, &f, y);
        return;
    }
    const ln_id scores = with_base(o, &f, y);
    ln_ox_out_best(o, n, scores);
    ln_ox_out(o, n, 1, ln_ox_scores(o, n, scores));
}
