/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.c: `linnet metadata`: shows, writes and removes what a model says of itself.  Where a
 * model is written, it goes to --output, or takes the place of the one it was made from; `-` is
 * stdin or stdout. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "linnet/metadata_edit.h"
#include "task/write_metadata.h"

static int fail(const char *path, const ln_meta_error *error)
{
    return tool_error("%s: %s", path, error->text);
}

/* ---- show and extract ---- */

static int show_files(const ln_meta *meta)
{
    const char *name;
    for (int i = 0; (name = ln_meta_packed_file(meta, i)) != NULL; i++)
        printf("%s\n", name);
    return TOOL_OK;
}

static int show(const args *a, const ln_meta *meta)
{
    ln_meta_error error = {LN_META_OK, ""};
    size_t n;
    if (args_flag(a, "files"))
        return show_files(meta);
    const void *buffer = ln_meta_buffer(meta, &n);
    if (!buffer)
        return tool_error("%s has no metadata: `linnet metadata write-image-classifier` and its "
                          "like write it for a task, `linnet metadata set` takes it as JSON",
                          a->operands[1]);
    char *json = ln_meta_json(buffer, n, args_flag(a, "exact"), &error);
    if (!json)
        return fail(a->operands[1], &error);
    fputs(json, stdout);
    ln_meta_free(json);
    return TOOL_OK;
}

/* A name from a stranger's archive must not lead out of the folder. */
static bool is_plain_name(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
           !strchr(name, '\\');
}

static int extract_one(const args *a, const ln_meta *meta, const char *name)
{
    ln_meta_error error = {LN_META_OK, ""};
    const char *folder = args_text(a, "output", ".");
    void *data;
    size_t n;
    if (!ln_meta_read_file(meta, name, &data, &n, &error))
        return fail(a->operands[1], &error);
    int code = TOOL_OK;
    if (strcmp(folder, "-") == 0) {
        fwrite(data, 1, n, stdout);
    } else if (!is_plain_name(name)) {
        code = tool_error("%s: the file '%s' has no name to be written under; --output - prints it",
                          a->operands[1], name);
    } else {
        char *path = tool_format("%s/%s", folder, name);
        code = tool_write_file(path, data, n) ? TOOL_OK : TOOL_FAILED;
        tool_free(path);
    }
    ln_meta_free(data);
    return code;
}

static int extract(const args *a, const ln_meta *meta)
{
    const char *name;
    int code = TOOL_OK;
    for (int i = 2; i < a->n_operands && code == TOOL_OK; i++)
        code = extract_one(a, meta, a->operands[i]);
    for (int i = 0; a->n_operands == 2 && code == TOOL_OK; i++) {
        if ((name = ln_meta_packed_file(meta, i)) == NULL)
            break;
        code = extract_one(a, meta, name);
    }
    return code;
}

/* ---- what changes the model ---- */

static int add_files(const args *a, ln_meta_edit *edit, int first)
{
    ln_meta_error error = {LN_META_OK, ""};
    for (int i = first; i < a->n_operands; i++) {
        size_t n;
        uint8_t *data = tool_read_file(a->operands[i], &n);
        if (!data)
            return TOOL_FAILED;
        const bool ok = ln_meta_edit_add_file(edit, a->operands[i], data, n, &error);
        tool_free(data);
        if (!ok)
            return fail(a->operands[1], &error);
    }
    return TOOL_OK;
}

static int add(const args *a, ln_meta_edit *edit)
{
    return add_files(a, edit, 2);
}

static int set(const args *a, ln_meta_edit *edit)
{
    ln_meta_error error = {LN_META_OK, ""};
    size_t n;
    if (a->n_operands < 3) {
        tool_error("metadata set takes a model and a file of JSON (- for stdin)");
        return TOOL_USAGE;
    }
    uint8_t *json = tool_read_file(a->operands[2], &n);
    if (!json)
        return TOOL_FAILED;
    const bool ok = ln_meta_edit_json(edit, (const char *)json, &error);
    tool_free(json);
    return ok ? add_files(a, edit, 3) : fail(a->operands[2], &error);
}

static int drop(const args *a, ln_meta_edit *edit)
{
    ln_meta_error error = {LN_META_OK, ""};
    if (a->n_operands == 2)
        ln_meta_edit_clear(edit);
    for (int i = 2; i < a->n_operands; i++) {
        if (!ln_meta_edit_remove_file(edit, a->operands[i], &error))
            return fail(a->operands[1], &error);
    }
    return TOOL_OK;
}

/* Under another name first: a full disk must not cost the model. */
static int save(const args *a, const void *model, size_t n)
{
    const char *path = args_text(a, "output", a->operands[1]);
    if (strcmp(path, "-") == 0)
        return fwrite(model, 1, n, stdout) == n ? TOOL_OK
                                                : tool_error("stdout: %s", strerror(errno));
    char *part = tool_format("%s.part", path);
    int code = TOOL_FAILED;
    if (tool_write_file(part, model, n))
        code = rename(part, path) == 0 ? TOOL_OK : tool_error("%s: %s", path, strerror(errno));
    if (code != TOOL_OK)
        remove(part);
    tool_free(part);
    return code;
}

static int finish(const args *a, ln_meta_edit *edit)
{
    ln_meta_error error = {LN_META_OK, ""};
    const bool force = args_flag(a, "force");
    void *model;
    size_t n;
    if (!ln_meta_edit_write(edit, force ? LN_META_UNCHECKED : LN_META_CHECKED, &model, &n, &error))
        return fail(a->operands[1], &error);
    const int code = save(a, model, n);
    ln_meta_free(model);
    return code;
}

/* ---- the command ---- */

static const struct action {
    const char *name;
    int (*look)(const args *a, const ln_meta *meta);
    int (*change)(const args *a, ln_meta_edit *edit);
} actions[] = {
    {"show", show, NULL},    {"extract", extract, NULL}, {"set", NULL, set},
    {"add-file", NULL, add}, {"remove", NULL, drop},
};

/* The model is read as a whole, since the result may take its place. */
static int act(const args *a, const struct action *action, const void *model, size_t n)
{
    ln_meta_error error = {LN_META_OK, ""};
    ln_meta *meta = action->look ? ln_meta_open_memory(model, n, &error) : NULL;
    ln_meta_edit *edit = action->look ? NULL : ln_meta_edit_memory(model, n, &error);
    int code;
    if (!meta && !edit)
        code = fail(a->operands[1], &error);
    else
        code = meta ? action->look(a, meta) : action->change(a, edit);
    if (edit && code == TOOL_OK)
        code = finish(a, edit);
    ln_meta_edit_close(edit);
    ln_meta_close(meta);
    return code;
}

static int run(const args *a)
{
    const struct action *action = NULL;
    const struct action task = {a->operands[0], NULL, write_metadata};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, a->operands[0]) == 0)
            action = &actions[i];
    }
    if (!action && write_metadata_task(a->operands[0]))
        action = &task;
    if (!action) {
        tool_error("metadata has no action %s (see linnet metadata --help)", a->operands[0]);
        return TOOL_USAGE;
    }
    if (a->n_operands < 2) {
        tool_error("metadata %s: MODEL is missing", action->name);
        return TOOL_USAGE;
    }
    size_t n;
    uint8_t *model = tool_read_file(a->operands[1], &n);
    if (!model)
        return TOOL_FAILED;
    const int code = act(a, action, model, n);
    tool_free(model);
    return code;
}

static const arg_option options[] = {
    {"exact", NULL, "show: floats with all their digits, so that set gives the same"},
    {"files", NULL, "show: the names of the files that the model carries"},
    {"output", "PATH", "the model to write, or the folder for extract; - is stdout"},
    {"force", NULL, "write metadata that does not fit the model"},
    WRITE_METADATA_OPTIONS,
    {NULL, NULL, NULL},
};

const command metadata_command = {
    .name = "metadata",
    .operands = "ACTION MODEL [FILE...]",
    .summary = "Shows or writes what a model says of itself: names, preparation, labels.",
    .details = "  show MODEL                  prints the metadata as JSON\n"
               "  extract MODEL [NAME...]     writes the files that the model carries\n"
               "  set MODEL JSON [FILE...]    takes metadata (- is stdin), and adds files\n"
               "  add-file MODEL FILE...      adds files, or replaces them\n"
               "  remove MODEL [NAME...]      removes files, or all of it\n" WRITE_METADATA_HELP,
    .options = options,
    .run = run,
};
