/* SPDX-License-Identifier: Apache-2.0 */
/* op_outputs.c: what operators give that the file's own list leaves out: TensorFlow writes into it
 * what the main graph and the functions that it calls have, not what the bodies of loops and
 * branches have, and a frozen graph has no list.  This makes messages of tf_outputs.def. */
#include <stdlib.h>
#include <string.h>

#include "import/savedmodel/tf.h"

typedef struct told {
    const char *name, *outputs;
} told;

static const told table[] = {
#define OUT(name, outputs) {#name, outputs},
#include "import/savedmodel/tf_outputs.def"
#undef OUT
};

static int by_name(const void *key, const void *item)
{
    return strcmp(key, ((const told *)item)->name);
}

/* The default of a type: "T?1" is cut into both. */
static bool add_default(ln_arena *a, Tf__OpDef *def, char *type)
{
    char *mark = strchr(type, '?');
    if (!mark)
        return true;
    *mark = 0;
    Tf__AttrDef *attr = ln_arena_new(a, 1, sizeof *attr);
    Tf__AttrValue *value = ln_arena_new(a, 1, sizeof *value);
    if (!attr || !value)
        return false;
    tf__attr_def__init(attr);
    tf__attr_value__init(value);
    value->value_case = TF__ATTR_VALUE__VALUE_TYPE;
    value->type = atoi(mark + 1);
    attr->name = type;
    attr->default_value = value;
    def->attr[def->n_attr++] = attr;
    return true;
}

/* One output: "NAME=TYPE". */
static bool add_output(ln_arena *a, Tf__OpDef *def, char *text)
{
    Tf__ArgDef *arg = ln_arena_new(a, 1, sizeof *arg);
    char *type = strchr(text, '='), *star;
    if (!arg || !type)
        return false;
    tf__arg_def__init(arg);
    *type++ = 0;
    arg->name = text;
    star = strchr(type, '*');
    if (star) {
        *star = 0;
        arg->number_attr = type;
        type = star + 1;
    }
    if (*type == '@')
        arg->type_list_attr = type + 1;
    else if (*type >= '0' && *type <= '9')
        arg->type = atoi(type);
    else
        arg->type_attr = type;
    def->output_arg[def->n_output_arg++] = arg;
    return add_default(a, def, type);
}

static Tf__OpDef *make(ln_arena *a, const told *of)
{
    const size_t n = strlen(of->outputs), room = n / 2 + 1;
    char *text = ln_arena_string(a, of->outputs, n);
    Tf__OpDef *def = ln_arena_new(a, 1, sizeof *def);
    if (!text || !def)
        return NULL;
    tf__op_def__init(def);
    def->name = ln_arena_string(a, of->name, strlen(of->name));
    def->output_arg = ln_arena_new(a, room, sizeof *def->output_arg);
    def->attr = ln_arena_new(a, room, sizeof *def->attr);
    if (!def->name || !def->output_arg || !def->attr)
        return NULL;
    while (text) {
        char *end = strchr(text, ' ');
        if (end)
            *end++ = 0;
        if (!add_output(a, def, text))
            return NULL;
        text = end;
    }
    return def;
}

bool ln_tf_told_init(ln_tf *tf)
{
    tf->told = ln_arena_new(tf->arena, LN_COUNTOF(table), sizeof(Tf__OpDef *));
    return tf->told != NULL;
}

const Tf__OpDef *ln_tf_told(const ln_tf *tf, const char *op)
{
    const told *found = bsearch(op, table, LN_COUNTOF(table), sizeof *table, by_name);
    if (!found)
        return NULL;
    Tf__OpDef **made = &tf->told[found - table];
    if (!*made)
        *made = make(tf->arena, found);
    return *made;
}
