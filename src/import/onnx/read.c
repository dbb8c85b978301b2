/* SPDX-License-Identifier: Apache-2.0 */
/* read.c: the file as messages.  They are allocated in the model's arena, so that constants can
 * stay where protobuf-c puts their bytes; large ones stay in the file (raw.c).  Before it sees
 * them, how deep graphs nest is checked, because it recurses; and it gets no more memory than such
 * a file can need. */
#include <string.h>

#include "base/checked.h"
#include "import/onnx/raw.h"

enum { MAX_NESTING = 32, SLACK = 1 << 24, GROWTH = 32, MAX_FILES = 64 };

/* ---- nesting ---- */

typedef enum kind { MODEL, GRAPH, NODE, ATTRIBUTE, FUNCTION, OTHER } kind;

/* The messages that lead to graphs. */
static kind inner(kind in, uint64_t field)
{
    static const struct {
        kind in, to;
        uint64_t field;
    } rows[] = {
        {MODEL, GRAPH, 7},   {MODEL, FUNCTION, 25},     {GRAPH, NODE, 1},      {NODE, ATTRIBUTE, 5},
        {FUNCTION, NODE, 7}, {FUNCTION, ATTRIBUTE, 11}, {ATTRIBUTE, GRAPH, 6},
    };
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (rows[i].in == in && rows[i].field == field)
            return rows[i].to;
    return OTHER;
}

static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        const uint8_t b = *(*at)++;
        *value |= (uint64_t)(b & 127) << shift;
        if (b < 128)
            return true;
    }
    return false;
}

bool ln_ox_field(const uint8_t **at, const uint8_t *end, uint64_t *tag, const uint8_t **body,
                 size_t *n)
{
    uint64_t v;
    *n = 0;
    if (!varint(at, end, tag))
        return false;
    switch (*tag & 7) {
    case 0:
        return varint(at, end, &v);
    case 1:
    case 5:
        v = (*tag & 7) == 1 ? 8 : 4;
        break;
    case 2:
        if (!varint(at, end, &v))
            return false;
        break;
    default:
        return false;
    }
    if (v > (uint64_t)(end - *at))
        return false;
    *body = *at;
    *n = (tag[0] & 7) == 2 ? (size_t)v : 0;
    *at += v;
    return true;
}

static bool nests_too_deep(kind in, const uint8_t *data, size_t size, int depth)
{
    const uint8_t *at = data, *end = data + size, *body = data;
    uint64_t tag;
    size_t n;
    if (in == GRAPH && ++depth > MAX_NESTING)
        return true;
    while (at < end && ln_ox_field(&at, end, &tag, &body, &n)) {
        const kind k = (tag & 7) == 2 ? inner(in, tag >> 3) : OTHER;
        if (k != OTHER && nests_too_deep(k, body, n, depth))
            return true;
    }
    return false;
}

/* ---- messages ---- */

typedef struct pool {
    ln_arena *arena;
    size_t left;
    bool spent;
} pool;

static void *pool_alloc(void *user, size_t n)
{
    pool *p = user;
    if (n > p->left) {
        p->spent = true;
        return NULL;
    }
    p->left -= n;
    return ln_arena_new(p->arena, 1, n ? n : 1);
}

/* The arena frees. */
static void pool_free(void *user, void *memory)
{
    (void)user;
    (void)memory;
}

ln_status ln_ox_read(ln_model *m, const char *path, ln_bytes bytes, Onnx__ModelProto **out,
                     ln_diag *diag)
{
    size_t limit;
    if (nests_too_deep(MODEL, bytes.data, bytes.size, 0))
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "%s: graphs nest deeper than %d", path,
                       (int)MAX_NESTING);
    if (!ln_mul_size(bytes.size, GROWTH, &limit) || !ln_add_size(limit, SLACK, &limit))
        limit = SIZE_MAX;
    ln_ox_cut cut;
    if (!ln_ox_cut_raw(&m->arena, bytes, &cut))
        return LN_ERR_MEMORY;
    pool p = {.arena = &m->arena, .left = limit};
    ProtobufCAllocator allocator = {pool_alloc, pool_free, &p};
    *out = onnx__model_proto__unpack(&allocator, cut.left.size, cut.left.data);
    ln_free(m->arena.alloc, cut.own);
    if (*out && (*out)->graph)
        ln_ox_put_back(&cut, (*out)->graph);
    if (!*out || !(*out)->graph)
        return ln_fail(diag, LN_ERR_FORMAT, "%s is no ONNX model%s", path,
                       p.spent ? ": its messages need too much memory" : "");
    return LN_OK;
}

/* ---- external data ---- */

/* Files beside the model, mapped as long as it lives. */
struct ln_ox_files {
    char *folder;
    ln_file model; /* itself, where it was opened here */
    int n;
    struct {
        const char *name;
        ln_file file;
    } items[MAX_FILES];
};

static void close_files(ln_model *m)
{
    struct ln_ox_files *files = m->owner;
    for (int i = 0; i < files->n; i++)
        ln_file_close(&files->items[i].file);
    if (files->model.data)
        ln_file_close(&files->model);
}

static void forget(const ln_model *m, const void *data, size_t n)
{
    const struct ln_ox_files *files = m->owner;
    for (int i = 0; i < files->n; i++)
        ln_file_forget(&files->items[i].file, data, n);
    ln_file_forget(&files->model, data, n);
}

void ln_ox_files_keep(ln_model *m, const ln_file *model)
{
    struct ln_ox_files *files = m->owner;
    files->model = *model;
}

void ln_ox_files_read(ln_ox *o, size_t n)
{
    enum { FORGET_AFTER = 1 << 24 };
    const struct ln_ox_files *files = o->files;
    o->read += n;
    if (o->read < FORGET_AFTER)
        return;
    o->read = 0;
    for (int i = 0; i < files->n; i++)
        ln_file_forget(&files->items[i].file, files->items[i].file.data, files->items[i].file.size);
    if (o->file)
        ln_file_forget(o->file, o->file->data, o->file->size);
}

ln_status ln_ox_files_open(ln_ox *o, const char *path)
{
    const char *slash = strrchr(path, '/');
    o->files = ln_arena_new(&o->m->arena, 1, sizeof *o->files);
    if (!o->files)
        return LN_ERR_MEMORY;
    o->files->folder = slash ? ln_arena_string(&o->m->arena, path, (size_t)(slash - path) + 1)
                             : ln_arena_string(&o->m->arena, "", 0);
    o->m->owner = o->files;
    o->m->release = close_files;
    o->m->forget = forget;
    return o->files->folder ? LN_OK : LN_ERR_MEMORY;
}

/* Names of files in the model's folder or below, without a way out of it. */
static bool is_inside(const char *name)
{
    if (!*name || *name == '/' || strchr(name, '\\') || strchr(name, ':'))
        return false;
    for (const char *at = name; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2]))
            return false;
    }
    return true;
}

static const ln_file *open_beside(ln_ox *o, const char *name)
{
    struct ln_ox_files *files = o->files;
    for (int i = 0; i < files->n; i++)
        if (strcmp(files->items[i].name, name) == 0)
            return &files->items[i].file;
    if (files->n == MAX_FILES || !is_inside(name)) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT,
                     files->n == MAX_FILES
                         ? "there are more external files than with '%s'"
                         : "external data in '%s', which is not in the model's folder",
                     name);
        return NULL;
    }
    const size_t n = strlen(files->folder), k = strlen(name);
    char *path = ln_arena_new(&o->m->arena, 1, n + k + 1);
    if (!path) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return NULL;
    }
    memcpy(path, files->folder, n);
    memcpy(path + n, name, k);
    const ln_status status = ln_file_open(&files->items[files->n].file, path, o->alloc, o->diag);
    if (status != LN_OK) {
        o->e.status = status;
        return NULL;
    }
    files->items[files->n].name = name;
    return &files->items[files->n++].file;
}

const uint8_t *ln_ox_external(ln_ox *o, const char *name, size_t offset, size_t *n)
{
    const ln_file *f = open_beside(o, name);
    if (!f)
        return NULL;
    if (offset > f->size || (*n != SIZE_MAX && *n > f->size - offset)) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "external data at %zu, beyond the %zu bytes of '%s'",
                     offset, f->size, name);
        return NULL;
    }
    if (*n == SIZE_MAX)
        *n = f->size - offset;
    return f->data + offset;
}
