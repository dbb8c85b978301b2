/* SPDX-License-Identifier: Apache-2.0 */
/* new_op.c: `linnet new-op NAME`: a folder with a custom operator as a plug-in that compiles, and
 * its test.  The files come from tools/new_op, where @NAME@ is the operator's name and @FILE@ the
 * one of its files; the test's model is an ONNX model of one node, converted. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "common/tool.h"
#include "linnet/convert.h"

enum { MAX_NAME = 60, MAX_MODEL = 512 };

typedef struct file {
    const char *name; /* NULL: that of the operator, with .c */
    const unsigned char *data;
    const size_t *size;
} file;

#define EMBEDDED(id)                          \
    extern const unsigned char new_op_##id[]; \
    extern const size_t new_op_##id##_size
EMBEDDED(op_c);
EMBEDDED(test_c);
EMBEDDED(CMakeLists_txt);
EMBEDDED(Makefile);
EMBEDDED(README_md);

static const file files[] = {
    {NULL, new_op_op_c, &new_op_op_c_size},
    {"test.c", new_op_test_c, &new_op_test_c_size},
    {"CMakeLists.txt", new_op_CMakeLists_txt, &new_op_CMakeLists_txt_size},
    {"Makefile", new_op_Makefile, &new_op_Makefile_size},
    {"README.md", new_op_README_md, &new_op_README_md_size},
};

/* "MyOp" -> "my_op" */
static void file_name(const char *name, char *to)
{
    size_t n = 0;
    for (size_t i = 0; name[i]; i++) {
        if (isupper((unsigned char)name[i]) && i && !isupper((unsigned char)name[i - 1]) &&
            name[i - 1] != '_')
            to[n++] = '_';
        to[n++] = (char)tolower((unsigned char)name[i]);
    }
    to[n] = 0;
}

static bool is_name(const char *name)
{
    const size_t n = strlen(name);
    if (n == 0 || n > MAX_NAME || !isalpha((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

static bool starts(const unsigned char *at, size_t left, const char *mark)
{
    return left >= strlen(mark) && memcmp(at, mark, strlen(mark)) == 0;
}

static bool write_file(const char *path, const file *f, const char *name, const char *id)
{
    FILE *to = fopen(path, "wx");
    for (size_t i = 0; to && i < *f->size;) {
        if (starts(f->data + i, *f->size - i, "@NAME@")) {
            fputs(name, to);
            i += strlen("@NAME@");
        } else if (starts(f->data + i, *f->size - i, "@FILE@")) {
            fputs(id, to);
            i += strlen("@FILE@");
        } else {
            fputc(f->data[i++], to);
        }
    }
    if (to && fclose(to) == 0)
        return true;
    tool_error("%s: cannot be written: %s", path, strerror(errno));
    return false;
}

/* ---- the test's model ---- */

/* A protobuf message in the making. */
typedef struct message {
    unsigned char bytes[MAX_MODEL];
    size_t n;
} message;

static void put_int(message *m, int field, int value)
{
    m->bytes[m->n++] = (unsigned char)(field << 3);
    m->bytes[m->n++] = (unsigned char)value; /* below 128 */
}

static void put_bytes(message *m, int field, const void *bytes, size_t n)
{
    m->bytes[m->n++] = (unsigned char)(field << 3 | 2);
    if (n > 127)
        m->bytes[m->n++] = (unsigned char)(n | 128);
    m->bytes[m->n++] = (unsigned char)(n > 127 ? n >> 7 : n);
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void put_text(message *m, int field, const char *text)
{
    put_bytes(m, field, text, strlen(text));
}

static void put(message *m, int field, const message *inner)
{
    put_bytes(m, field, inner->bytes, inner->n);
}

/* A ValueInfoProto: float32 [4]. */
static message value_info(const char *name)
{
    message info = {.n = 0}, type = {.n = 0}, tensor = {.n = 0}, shape = {.n = 0}, dim = {.n = 0};
    put_int(&dim, 1, 4);
    put(&shape, 1, &dim);
    put_int(&tensor, 1, 1);
    put(&tensor, 2, &shape);
    put(&type, 1, &tensor);
    put_text(&info, 1, name);
    put(&info, 2, &type);
    return info;
}

/* x -> NAME -> y, of opset 13. */
static message onnx_model(const char *name)
{
    message model = {.n = 0}, graph = {.n = 0}, node = {.n = 0}, opset = {.n = 0}, own = {.n = 0};
    const message x = value_info("x"), y = value_info("y");
    put_text(&node, 1, "x");
    put_text(&node, 2, "y");
    put_text(&node, 3, "own");
    put_text(&node, 4, name);
    put_text(&node, 7, "own");
    put(&graph, 1, &node);
    put_text(&graph, 2, "test");
    put(&graph, 11, &x);
    put(&graph, 12, &y);
    put_int(&opset, 2, 13);
    put_text(&own, 1, "own");
    put_int(&own, 2, 1);
    put_int(&model, 1, 8);
    put(&model, 7, &graph);
    put(&model, 8, &opset);
    put(&model, 8, &own);
    return model;
}

static bool write_models(const char *folder, const char *name)
{
    const message m = onnx_model(name);
    const ln_convert_options options = {.allow_custom_ops = true};
    ln_convert_error error;
    size_t n;
    char *onnx = tool_format("%s/test.onnx", folder),
         *tflite = tool_format("%s/test.tflite", folder);
    bool ok = tool_write_file(onnx, m.bytes, m.n);
    ln_conversion *c = ok ? ln_convert(onnx, &options, &error) : NULL;
    if (c) {
        const void *model = ln_conversion_model(c, &n);
        ok = tool_write_file(tflite, model, n);
    } else if (ok) {
        tool_error("%s", error.text);
        ok = false;
    }
    ln_conversion_free(c);
    tool_free(onnx);
    tool_free(tflite);
    return ok;
}

/* ---- the folder ---- */

static int make(const char *folder, const char *name, const char *id)
{
    if (mkdir(folder, 0777) != 0)
        return tool_error("%s: cannot be made: %s", folder, strerror(errno));
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++) {
        char *path = files[i].name ? tool_format("%s/%s", folder, files[i].name)
                                   : tool_format("%s/%s.c", folder, id);
        ok = write_file(path, &files[i], name, id);
        tool_free(path);
    }
    ok = ok && write_models(folder, name);
    if (ok)
        printf("%s: make test; README.md says more\n", folder);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static int run(const args *a)
{
    char id[2 * MAX_NAME + 1];
    if (a->n_operands != 1 || !is_name(a->operands[0])) {
        tool_error("new-op takes a name of letters, digits and _, at most %d", (int)MAX_NAME);
        return TOOL_USAGE;
    }
    file_name(a->operands[0], id);
    if (strcmp(id, "test") == 0) {
        tool_error("test.c is the test's own: take another name");
        return TOOL_USAGE;
    }
    return make(args_text(a, "output", id), a->operands[0], id);
}

static const arg_option options[] = {
    {"output", "DIR", "the folder to make (the name in small letters)"},
    {NULL, NULL, NULL},
};

const command new_op_command = {
    .name = "new-op",
    .operands = "NAME",
    .summary = "Makes a folder with a custom operator as a plug-in, and its test.",
    .options = options,
    .run = run,
};
