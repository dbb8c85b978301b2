/* SPDX-License-Identifier: Apache-2.0 */
/* convert/: the driver: options -> importer -> passes -> file.
 *
 * convert.c: one conversion from beginning to end, behind include/linnet/convert.h. */
#include "linnet/convert.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "convert/downgrade.h"
#include "convert/node.h"
#include "convert/runtime_version.h"
#include "convert/tflite.h"
#include "emit/emit.h"
#include "import/import.h"
#include "model/model.h"
#include "opt/opt.h"
#include "opt/rules.h"
#include "opt/tidy.h"

struct ln_conversion {
    ln_report report;
    ln_rules rules; /* of the user */
    ln_opt_report passes;
    ln_convert_summary summary;
    uint8_t *bytes;
    size_t n;
};

/* ---- what the source is ---- */

static bool ends_with(const char *text, const char *tail)
{
    const size_t n = strlen(text), k = strlen(tail);
    return n >= k && strcmp(text + n - k, tail) == 0;
}

/* By how files of each kind begin: zip and HDF5, a .tflite's identifier, the first field of an ONNX
 * model (its version) or of a GraphDef (a node). */
static ln_source_format format_by_content(const char *path)
{
    static const uint8_t zip[] = {'P', 'K', 3, 4}, hdf5[] = {0x89, 'H', 'D', 'F'};
    enum { ONNX_VERSION = 0x08, GRAPH_NODE = 0x0a };
    uint8_t b[8] = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return LN_SOURCE_AUTO;
    const size_t n = fread(b, 1, sizeof b, f);
    fclose(f);
    if (n < sizeof b)
        return LN_SOURCE_AUTO;
    if (memcmp(b, zip, sizeof zip) == 0 || memcmp(b, hdf5, sizeof hdf5) == 0)
        return LN_SOURCE_KERAS;
    if (memcmp(b + 4, "TFL3", 4) == 0)
        return LN_SOURCE_TFLITE;
    return b[0] == ONNX_VERSION ? LN_SOURCE_ONNX
           : b[0] == GRAPH_NODE ? LN_SOURCE_GRAPH_DEF
                                : LN_SOURCE_AUTO;
}

static ln_source_format format_of(const char *path)
{
    static const struct {
        const char *tail;
        ln_source_format format;
    } tails[] = {
        {".keras", LN_SOURCE_KERAS}, {".h5", LN_SOURCE_KERAS},      {".hdf5", LN_SOURCE_KERAS},
        {".onnx", LN_SOURCE_ONNX},   {".tflite", LN_SOURCE_TFLITE}, {".pb", LN_SOURCE_GRAPH_DEF},
    };
    struct stat s;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return LN_SOURCE_SAVED_MODEL;
    for (size_t i = 0; i < LN_COUNTOF(tails); i++)
        if (ends_with(path, tails[i].tail))
            return tails[i].format;
    return format_by_content(path);
}

/* A frozen graph, or the file inside of a SavedModel's folder, which stands for that folder. */
static ln_status import_pb(ln_model **out, const char *path, const ln_import_options *o,
                           ln_report *report, ln_diag *diag)
{
    static const char name[] = "saved_model.pb";
    const ln_alloc *a = &ln_alloc_default;
    const size_t n = ends_with(path, name) ? strlen(path) - strlen(name) : 0;
    const bool named = ends_with(path, name) && (n == 0 || path[n - 1] == '/');
    if (!named || format_by_content(path) == LN_SOURCE_GRAPH_DEF)
        return ln_import_graph_def(out, path, o, report, a, diag);
    char folder[PATH_MAX] = ".";
    if (n >= sizeof folder)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the path %s is too long", path);
    memcpy(folder, path, n);
    return ln_import_saved_model(out, folder, o, report, a, diag);
}

static ln_status import(ln_model **out, const char *path, ln_source_format format,
                        const ln_import_options *o, ln_report *report, ln_diag *diag)
{
    const ln_alloc *a = &ln_alloc_default;
    switch (format) {
    case LN_SOURCE_SAVED_MODEL:
        return ln_import_saved_model(out, path, o, report, a, diag);
    case LN_SOURCE_GRAPH_DEF:
        return import_pb(out, path, o, report, diag);
    case LN_SOURCE_KERAS:
        return ln_import_keras(out, path, o, report, a, diag);
    case LN_SOURCE_ONNX:
        return ln_import_onnx(out, path, o, report, a, diag);
    case LN_SOURCE_TFLITE:
        return ln_convert_open_tflite(out, path, o, a, diag);
    default:
        if (access(path, F_OK) != 0)
            return ln_fail(diag, LN_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
        return ln_fail(
            diag, LN_ERR_ARGUMENT,
            "%s is no folder, ends in none of .keras, .h5, .onnx, .tflite, .pb, and does "
            "not begin like any of these",
            path);
    }
}

/* ---- options ---- */

/* Which custom operators the user's rules replace. */
static ln_status read_rules(ln_conversion *c, const ln_convert_options *o,
                            ln_foreign_importers *foreign, ln_diag *diag)
{
    if (!o->rules || o->no_optimization)
        return LN_OK;
    LN_TRY(ln_rules_parse(&c->rules, o->rules, diag));
    while (ln_rules_replaced(&c->rules, foreign->n_replaced))
        foreign->n_replaced++;
    const char **names =
        ln_arena_new(&c->rules.arena, (size_t)foreign->n_replaced + 1, sizeof *names);
    for (int i = 0; names && i < foreign->n_replaced; i++)
        names[i] = ln_rules_replaced(&c->rules, i);
    foreign->replaced = names;
    return names ? LN_OK : LN_ERR_MEMORY;
}

static ln_status read_options(const ln_convert_options *from, ln_input_shape *shapes,
                              ln_import_options *to, ln_diag *diag)
{
    *to = (ln_import_options){.signatures = from->signatures,
                              .n_signatures = from->n_signatures,
                              .tag = from->tag,
                              .shapes = shapes,
                              .n_shapes = from->n_shapes,
                              .inputs = from->inputs,
                              .n_inputs = from->n_inputs,
                              .outputs = from->outputs,
                              .n_outputs = from->n_outputs,
                              .select_tf_ops = from->select_tf_ops,
                              .user_tf_ops = from->user_tf_ops,
                              .n_user_tf_ops = from->n_user_tf_ops,
                              .allow_custom_ops = from->allow_custom_ops};
    for (int i = 0; i < from->n_shapes; i++) {
        const ln_convert_shape *s = &from->shapes[i];
        if (s->rank < 0 || s->rank > LN_MAX_RANK)
            return ln_fail(diag, LN_ERR_ARGUMENT, "input %s: rank %d is not 0 to %d", s->input,
                           s->rank, (int)LN_MAX_RANK);
        shapes[i] = (ln_input_shape){.name = s->input, .shape = {.rank = s->rank}};
        memcpy(shapes[i].shape.dim, s->dims, sizeof(int) * (size_t)s->rank);
    }
    return LN_OK;
}

/* ---- the conversion ---- */

static void step(const ln_convert_options *o, const char *name)
{
    if (o->progress)
        o->progress(o->user, name);
}

static void tell(const ln_report *r, const ln_convert_options *o)
{
    static const char *const fates[] = {"builtin", "decomposed", "flex native",
                                        "flex TF", "custom",     "impossible"};
    for (size_t i = 0; o->finding && i < r->n; i++) {
        const ln_finding *f = &r->findings[i];
        const ln_convert_finding told = {f->op, f->location, fates[f->fate], f->cure};
        o->finding(o->user, &told);
    }
}

/* A misspelled name would leave the shape as it was. */
static ln_status check_shapes(const ln_import_options *o, ln_diag *diag)
{
    for (int i = 0; i < o->n_shapes; i++)
        if (!o->shapes[i].taken)
            return ln_fail(diag, LN_ERR_ARGUMENT, "the model has no input %s, whose shape is given",
                           o->shapes[i].name);
    return LN_OK;
}

static int count_operators(const ln_model *m)
{
    int n = 0;
    for (int i = 0; i < m->n_graphs; i++)
        n += m->graphs[i]->n_nodes;
    return n;
}

/* A custom operator that a rule was to replace, and has not. */
static ln_status check_replaced(const ln_conversion *c, const ln_model *m, ln_diag *diag)
{
    const char *name;
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            for (int k = 0; n->custom_name && (name = ln_rules_replaced(&c->rules, k)); k++)
                if (n->location && strcmp(name, n->custom_name) == 0)
                    return ln_fail(diag, LN_ERR_UNSUPPORTED,
                                   "%s (%s): the rule for it does not fit here, in type, shape or "
                                   "conditions",
                                   name, n->location);
        }
    return LN_OK;
}

static ln_status optimize(ln_conversion *c, ln_model *m, const ln_convert_options *o, ln_diag *diag)
{
    ln_opt_options how = ln_opt_defaults;
    how.keep_names = !o->strip_names;
    how.fuse_lstm = o->fuse_lstm || c->report.marked_lstm;
    how.rules = &c->rules;
    LN_TRY(ln_optimize(m, &how, &c->passes, diag));
    return o->allow_custom_ops ? LN_OK : check_replaced(c, m, diag);
}

/* ---- the entry that TensorFlow's converter writes too: which runtime the file needs ---- */

#define VERSION_ENTRY "min_runtime_version"

/* Whether something but this entry has its buffer. */
static bool is_shared(const ln_model *m, const ln_metadata *entry)
{
    for (int i = 0; i < m->n_metadata; i++)
        if (&m->metadata[i] != entry && m->metadata[i].buffer == entry->buffer)
            return true;
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_tensors; i++)
            if (m->graphs[g]->tensors[i].buffer == entry->buffer)
                return true;
    return false;
}

static ln_metadata *entry_of(const ln_model *m)
{
    for (int i = 0; i < m->n_metadata; i++)
        if (strcmp(m->metadata[i].name, VERSION_ENTRY) == 0)
            return &m->metadata[i];
    return NULL;
}

/* An empty entry, to be filled in when versions of operators are known: in the written bytes. */
static ln_status reserve_runtime_version(ln_model *m)
{
    static const char empty[LN_RELEASE_TEXT] = {0};
    ln_metadata *entry = entry_of(m);
    ln_id buffer;
    if (entry && entry->buffer > 0 && !is_shared(m, entry)) {
        m->buffers[entry->buffer] =
            (ln_buffer){.data = (const uint8_t *)empty, .size = sizeof empty};
        return LN_OK;
    }
    LN_TRY(ln_model_add_buffer(m, empty, sizeof empty, false, &buffer));
    if (!entry) {
        const size_t n = (size_t)m->n_metadata;
        ln_metadata *all = ln_arena_new(&m->arena, n + 1, sizeof *all);
        if (!all)
            return LN_ERR_MEMORY;
        if (n)
            memcpy(all, m->metadata, n * sizeof *all);
        m->metadata = all;
        entry = &all[m->n_metadata++];
        entry->name = VERSION_ENTRY;
    }
    entry->buffer = buffer;
    return LN_OK;
}

static ln_status fill_in_runtime_version(ln_conversion *c, ln_diag *diag)
{
    ln_model *m;
    LN_TRY(ln_model_open_memory(&m, c->bytes, c->n, &ln_alloc_default, diag));
    ln_runtime_version(m, c->summary.runtime_version, NULL);
    const uint8_t *place = m->buffers[entry_of(m)->buffer].data;
    memcpy(c->bytes + (place - c->bytes), c->summary.runtime_version, LN_RELEASE_TEXT);
    ln_model_release(m);
    return LN_OK;
}

/* The model is freed as soon as it is written. */
static ln_status finish(ln_conversion *c, ln_model **model, const ln_convert_options *o,
                        ln_diag *diag)
{
    ln_model *m = *model;
    c->summary.operators_before = count_operators(m);
    if (o->strip_metadata)
        m->n_metadata = 0;
    step(o, "optimize");
    if (!o->no_optimization)
        LN_TRY(ln_tidy_memory(m));
    if (!o->no_optimization)
        LN_TRY(optimize(c, m, o, diag));
    if (o->target_version)
        LN_TRY(ln_downgrade(m, o->target_version, diag));
    c->summary.operators = count_operators(m);
    c->summary.rounds = c->passes.rounds;
    step(o, "write");
    LN_TRY(ln_emit_finish(m));
    if (!o->exclude_metadata)
        LN_TRY(reserve_runtime_version(m));
    LN_TRY(ln_model_write_last(m, &c->bytes, &c->n, &ln_alloc_default, diag));
    ln_model_release(m);
    *model = NULL;
    return o->exclude_metadata ? LN_OK : fill_in_runtime_version(c, diag);
}

static ln_status run(ln_conversion *c, const char *path, const ln_convert_options *options,
                     ln_diag *diag)
{
    ln_import_options o;
    ln_foreign_importers foreign = ln_convert_importers(options);
    ln_model *m = NULL;
    const uint64_t start = ln_now_ns();
    ln_input_shape *shapes =
        ln_new(&ln_alloc_default, (size_t)options->n_shapes + 1, sizeof *shapes);
    if (!shapes)
        return LN_ERR_MEMORY;
    const ln_source_format format = options->format ? options->format : format_of(path);
    ln_status status = read_options(options, shapes, &o, diag);
    o.foreign = &foreign;
    if (status == LN_OK)
        status = read_rules(c, options, &foreign, diag);
    step(options, "import");
    if (status == LN_OK)
        status = import(&m, path, format, &o, &c->report, diag);
    tell(&c->report, options);
    if (status == LN_OK && format != LN_SOURCE_TFLITE) /* where that is seen to already */
        status = check_shapes(&o, diag);
    if (status == LN_OK)
        status = finish(c, &m, options, diag);
    ln_model_release(m);
    ln_free(&ln_alloc_default, shapes);
    c->summary.seconds = (double)(ln_now_ns() - start) * 1e-9;
    c->summary.bytes = c->n;
    return status;
}

ln_conversion *ln_convert(const char *path, const ln_convert_options *options,
                          ln_convert_error *error)
{
    ln_diag diag = {0};
    ln_conversion *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    error->text[0] = 0;
    if (!c) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return NULL;
    }
    ln_report_init(&c->report, &ln_alloc_default);
    ln_rules_init(&c->rules, &ln_alloc_default);
    const ln_status status = run(c, path, options, &diag);
    if (status == LN_OK)
        return c;
    if (c->report.impossible)
        ln_report_list(&c->report, error->text, sizeof error->text);
    else
        snprintf(error->text, sizeof error->text, "%s", diag.text[0] ? diag.text : "out of memory");
    ln_conversion_free(c);
    return NULL;
}

void ln_conversion_free(ln_conversion *c)
{
    if (!c)
        return;
    ln_report_deinit(&c->report);
    ln_rules_deinit(&c->rules);
    ln_free(&ln_alloc_default, c->bytes);
    ln_free(&ln_alloc_default, c);
}

const void *ln_conversion_model(const ln_conversion *c, size_t *n)
{
    *n = c->n;
    return c->bytes;
}

void ln_conversion_summary(const ln_conversion *c, ln_convert_summary *summary)
{
    *summary = c->summary;
}

bool ln_conversion_pass(const ln_conversion *c, int i, const char **name, int *changes)
{
    *name = i < 0 ? NULL : ln_opt_pass_name(i);
    *changes = *name ? c->passes.changes[i] : 0;
    return *name != NULL;
}
