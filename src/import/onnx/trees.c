/* SPDX-License-Identifier: Apache-2.0 */
/* trees.c: ai.onnx.ml's TreeEnsemble, TreeEnsembleRegressor and TreeEnsembleClassifier.  All trees
 * go down a level at a time, for all rows: from the nodes that they have reached [rows, trees] the
 * features, limits and children are looked up in constants, and compared by <=; leaves lead to
 * themselves.  A test for equality is two nodes: x <= limit, and not x <= the number before it.
 * What the leaves hold is looked up last and added. */
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
    int n_keys;                       /* nodes of the file; behind them those for equality */
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
    const key *found = bsearch(&wanted, f->keys, (size_t)f->n_keys, sizeof wanted, by_key);
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

enum { LEQ, LT, GTE, GT, EQ, NEQ };

static int mode_of(const ProtobufCBinaryData *text)
{
    static const char *const names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                        "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    for (size_t i = 0; i < LN_COUNTOF(names); i++)
        if (is_mode(text, names[i]))
            return (int)i;
    return -1;
}

static void swap_sides(forest *f, int i)
{
    const int yes = f->yes[i];
    f->yes[i] = f->no[i];
    f->no[i] = yes;
    f->missing[i] = !f->missing[i];
}

/* Node i as "goes to `yes` if x <= limit", of a node that compares by `mode`. */
static bool set_mode(ln_ox *o, forest *f, int i, int mode)
{
    const float limit = f->limit[i], below = nextafterf(limit, -INFINITY);
    if (mode < LEQ || mode > NEQ) {
        LN_OX_FAIL(o, "a node that does not compare by <, <=, >, >=, == or !=");
        return false;
    }
    if (mode == LT || mode == GTE)
        f->limit[i] = below;
    if (mode == GT || mode == GTE || mode == NEQ)
        swap_sides(f, i);
    if (mode == EQ || mode == NEQ) { /* `yes` is where equal ones go now */
        const int second = f->nodes++;
        f->feature[second] = f->feature[i];
        f->limit[second] = below;
        f->yes[second] = f->no[i];
        f->no[second] = f->yes[i];
        f->yes[i] = second;
    }
    f->any_missing = f->any_missing || f->missing[i];
    return true;
}

static bool read_nodes(ln_ox *o, forest *f)
{
    const int64_t *trees = ints(f, "nodes_treeids", f->n_keys);
    const int64_t *nodes = ints(f, "nodes_nodeids", f->n_keys);
    const int64_t *features = ints(f, "nodes_featureids", f->n_keys);
    const int64_t *yes = ints(f, "nodes_truenodeids", f->n_keys);
    const int64_t *no = ints(f, "nodes_falsenodeids", f->n_keys);
    const int64_t *missing = ints(f, "nodes_missing_value_tracks_true", f->n_keys);
    const Onnx__AttributeProto *limits = ln_ox_attr(f->n, "nodes_values");
    const Onnx__AttributeProto *modes = ln_ox_attr(f->n, "nodes_modes");
    if (!trees || !nodes || !features || !yes || !no || !limits || !modes ||
        limits->n_floats != (size_t)f->n_keys || modes->n_strings != (size_t)f->n_keys) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "attributes of %d nodes are incomplete", f->n_keys);
        return false;
    }
    for (int i = 0; i < f->n_keys; i++)
        f->keys[i] = (key){trees[i], nodes[i], i};
    qsort(f->keys, (size_t)f->n_keys, sizeof *f->keys, by_key);
    for (int i = 0; i < f->n_keys; i++) {
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
        if (!set_mode(o, f, i, mode_of(&modes->strings[i])))
            return false;
    }
    return true;
}

/* The nodes that n others lead to, each once; `stamp`: the levels that nodes were seen at last. */
static int next_level(const forest *f, int n, const int *from, int *to, int *stamp)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        for (int side = 0; side < 2 && f->yes[from[i]] != from[i]; side++) {
            const int node = side ? f->no[from[i]] : f->yes[from[i]];
            if (stamp[node] != f->depth + 1)
                to[count++] = node;
            stamp[node] = f->depth + 1;
        }
    return count;
}

/* Roots are what nothing leads to; the depth is how many steps it takes until all stand still. */
static bool find_roots(ln_ox *o, forest *f)
{
    const size_t nodes = (size_t)f->nodes;
    int *reached = ln_arena_new(&o->m->arena, 3 * nodes, sizeof *reached);
    if (!reached) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    int *next = reached + nodes, *stamp = next + nodes;
    for (int i = 0; i < f->nodes; i++)
        for (int side = 0; side < 2; side++) {
            const int to = side ? f->no[i] : f->yes[i];
            reached[to] += to != i;
        }
    for (int i = 0; i < f->nodes; i++)
        if (!reached[i])
            f->roots[f->trees++] = i;
    int n = f->trees;
    memcpy(reached, f->roots, sizeof *reached * (size_t)n);
    for (f->depth = 0; n > 0 && f->depth <= DEEPEST; f->depth++) {
        n = next_level(f, n, reached, next, stamp);
        memcpy(reached, next, sizeof *next * (size_t)n);
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

/* Room for `nodes` nodes of the file, of which `equal` test for equality. */
static bool start_forest(ln_ox *o, forest *f, size_t nodes, size_t equal)
{
    if (nodes < 1 || nodes > MOST_NODES || equal > MOST_NODES || f->classes < 1 ||
        nodes + equal > (size_t)(MOST_VALUES / f->classes)) {
        LN_OX_FAIL(o, "%zu nodes and %d values each", nodes, f->classes);
        return false;
    }
    f->nodes = (int)(nodes + equal);
    if (!allocate(o, f))
        return false;
    f->nodes = f->n_keys = (int)nodes;
    return true;
}

static bool read_forest(ln_ox *o, const ln_ox_node *n, int classes, const char *const *names,
                        forest *f)
{
    const Onnx__AttributeProto *ids = ln_ox_attr(n, "nodes_nodeids");
    const Onnx__AttributeProto *modes = ln_ox_attr(n, "nodes_modes");
    size_t equal = 0;
    for (size_t i = 0; modes && i < modes->n_strings; i++)
        equal += mode_of(&modes->strings[i]) >= EQ;
    *f = (forest){.n = n, .classes = classes};
    return start_forest(o, f, ids ? ids->n_ints : 0, equal) && read_nodes(o, f) &&
           find_roots(o, f) && read_values(o, f, names);
}

/* ---- TreeEnsemble: branches, and behind them the leaves ---- */

/* The constant float32 of a tensor attribute, at most MOST_NODES; NULL: there is none. */
static const TfLiteTensor *tensor_attr(ln_ox *o, const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    const ln_id id = a && a->t ? ln_ox_tensor(o, a->t) : -1;
    const TfLiteTensor *t = id >= 0 ? ln_emit_tensor(&o->e, id) : NULL;
    return t && ln_count(t) <= MOST_NODES ? t : NULL;
}

static bool read_branches(ln_ox *o, forest *f, int branches, const uint8_t *modes,
                          const float *limits)
{
    static const char *const names[] = {"nodes_truenodeids", "nodes_falsenodeids",
                                        "nodes_trueleafs", "nodes_falseleafs"};
    const int64_t *features = ints(f, "nodes_featureids", branches), *sides[4];
    const int64_t *missing = ints(f, "nodes_missing_value_tracks_true", branches);
    for (int k = 0; k < 4; k++)
        sides[k] = ints(f, names[k], branches);
    for (int i = branches; i < f->n_keys; i++)
        f->yes[i] = f->no[i] = i;
    for (int i = 0; i < branches; i++) {
        for (int k = 0; k < 2; k++) {
            const int64_t to = sides[k] && sides[k + 2] ? sides[k][i] : -1;
            const int first = to >= 0 && sides[k + 2][i] ? branches : 0;
            const int end = first ? f->n_keys : branches;
            if (to < 0 || to >= end - first || !features || features[i] < 0 ||
                features[i] > INT32_MAX) {
                ln_emit_fail(&o->e, LN_ERR_FORMAT, "node %d leads nowhere", i);
                return false;
            }
            *(k ? &f->no[i] : &f->yes[i]) = first + (int)to;
        }
        f->feature[i] = (int)features[i];
        f->limit[i] = limits[i];
        f->missing[i] = missing && missing[i];
        if (!set_mode(o, f, i, modes[i]))
            return false;
    }
    return true;
}

static bool read_leaves(ln_ox *o, forest *f, int branches, int leaves, const float *weights)
{
    const int64_t *targets = ints(f, "leaf_targetids", leaves);
    for (int i = 0; i < leaves; i++) {
        if (!targets || targets[i] < 0 || targets[i] >= f->classes) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "leaf %d has no target", i);
            return false;
        }
        f->values[(size_t)(branches + i) * (size_t)f->classes + (size_t)targets[i]] = weights[i];
    }
    return true;
}

static bool read_ensemble(ln_ox *o, const ln_ox_node *n, forest *f)
{
    *f = (forest){.n = n, .classes = ln_ox_int(n, "n_targets", 1)};
    const TfLiteTensor *t = tensor_attr(o, n, "nodes_modes");
    const int branches = t && t->type == kTfLiteUInt8 ? ln_count(t) : 0;
    const uint8_t *modes = branches ? t->data.uint8 : NULL;
    t = tensor_attr(o, n, "nodes_splits");
    const float *limits =
        t && t->type == kTfLiteFloat32 && ln_count(t) == branches ? t->data.f : NULL;
    t = tensor_attr(o, n, "leaf_weights");
    const int leaves = t && t->type == kTfLiteFloat32 ? ln_count(t) : 0;
    const float *weights = leaves ? t->data.f : NULL;
    size_t equal = 0;
    if (!modes || !limits || !weights) {
        if (ln_ox_ok(o))
            LN_OX_FAIL(o, "%d branches and %d leaves", branches, leaves);
        return false;
    }
    for (int i = 0; i < branches; i++)
        equal += modes[i] >= EQ;
    return start_forest(o, f, (size_t)branches + (size_t)leaves, equal) &&
           read_branches(o, f, branches, modes, limits) &&
           read_leaves(o, f, branches, leaves, weights) && find_roots(o, f);
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

static ln_id results(ln_ox *o, const forest *f, ln_id x, bool mean)
{
    if (f->depth < 1)
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "trees without branches");
    ln_id y = sums(o, f, x);
    if (mean)
        y = ln_ox_mul(o, y, ln_emit_float(&o->e, 1 / (float)f->trees));
    return with_base(o, f, y);
}

void ln_ox_tree_regressor(ln_ox *o, const ln_ox_node *n)
{
    static const char *const names[] = {"target_treeids", "target_nodeids", "target_ids",
                                        "target_weights"};
    const ln_id x = rows_of(o, n);
    const bool mean = ln_ox_is(n, "aggregate_function", "AVERAGE", "SUM");
    forest f;
    if (!mean && !ln_ox_is(n, "aggregate_function", "SUM", "SUM"))
        LN_OX_FAIL(o, "trees that are neither summed nor averaged");
    if (ln_ox_ok(o) && read_forest(o, n, ln_ox_int(n, "n_targets", 1), names, &f))
        ln_ox_out(o, n, 0, ln_ox_scores(o, n, results(o, &f, x, mean)));
}

void ln_ox_tree_ensemble(ln_ox *o, const ln_ox_node *n)
{
    enum { AVERAGE, SUM };
    const ln_id x = rows_of(o, n);
    const int how = ln_ox_int(n, "aggregate_function", SUM);
    forest f;
    if ((how != SUM && how != AVERAGE) || ln_ox_int(n, "post_transform", 0))
        LN_OX_FAIL(o, "trees that are neither summed nor averaged, or a post_transform");
    if (ln_ox_ok(o) && read_ensemble(o, n, &f))
        ln_ox_out(o, n, 0, results(o, &f, x, how == AVERAGE));
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
