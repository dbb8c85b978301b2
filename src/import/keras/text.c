/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: Hashing and TextVectorization, by operators of TensorFlow, for there are no builtin
 * ones. */
#include <stdio.h>
#include <string.h>

#include "fb/flexwriter.h"
#include "import/keras/keras.h"
#include "ops/list.h"
#include <tensorflow.pb-c.h>

/* ---- operators of TensorFlow ---- */

typedef struct attribute {
    const char *key;
    enum { A_TYPE, NUMBER, FLAG, TEXT } kind;
    int value;
    const char *text;
} attribute;

typedef struct operation {
    const char *name;
    const attribute *given;
    int n;
} operation;

enum { MAX_ATTRIBUTES = 3, MAX_BYTES = 512 };

/* The node as TensorFlow has it; its size, at most MAX_BYTES. */
static size_t describe(const operation *op, int n_in, uint8_t *bytes)
{
    static char input[] = "x";
    char *inputs[] = {input, input};
    Tf__AttrValue values[MAX_ATTRIBUTES];
    Tf__AttrEntry entries[MAX_ATTRIBUTES], *all[MAX_ATTRIBUTES];
    Tf__NodeDef node = TF__NODE_DEF__INIT;
    const attribute *given = op->given;
    for (int i = 0; i < op->n; i++) {
        values[i] = (Tf__AttrValue)TF__ATTR_VALUE__INIT;
        entries[i] = (Tf__AttrEntry)TF__ATTR_ENTRY__INIT;
        values[i].value_case = given[i].kind == A_TYPE   ? TF__ATTR_VALUE__VALUE_TYPE
                               : given[i].kind == NUMBER ? TF__ATTR_VALUE__VALUE_I
                               : given[i].kind == FLAG   ? TF__ATTR_VALUE__VALUE_B
                                                         : TF__ATTR_VALUE__VALUE_S;
        if (given[i].kind == A_TYPE)
            values[i].type = given[i].value;
        else if (given[i].kind == NUMBER)
            values[i].i = given[i].value;
        else if (given[i].kind == FLAG)
            values[i].b = given[i].value;
        else
            values[i].s =
                (ProtobufCBinaryData){strlen(given[i].text), (uint8_t *)(uintptr_t)given[i].text};
        entries[i].key = (char *)(uintptr_t)given[i].key;
        entries[i].value = &values[i];
        all[i] = &entries[i];
    }
    node.name = node.op = (char *)(uintptr_t)op->name;
    node.input = inputs;
    node.n_input = (size_t)n_in;
    node.attr = all;
    node.n_attr = (size_t)op->n;
    const size_t size = tf__node_def__get_packed_size(&node);
    return size <= MAX_BYTES ? tf__node_def__pack(&node, bytes) : 0;
}

/* FlexNAME of at most two tensors. */
static bool foreign(ln_keras_call *c, const operation *op, const ln_id *in, int n_in,
                    const ln_made *made, int n_out, ln_id *out)
{
    uint8_t bytes[MAX_BYTES];
    char custom[64];
    const size_t size = describe(op, n_in, bytes);
    ln_flex_writer w = {.arena = &c->k->m->arena};
    snprintf(custom, sizeof custom, "Flex%s", op->name);
    ln_flex_begin(&w);
    ln_flex_put_string(&w, NULL, op->name, strlen(op->name));
    ln_flex_put_string(&w, NULL, (const char *)bytes, size);
    const char *kept = ln_arena_string(&c->k->m->arena, custom, strlen(custom));
    if (!ln_flex_finish(&w, false) || !kept || !size) {
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    const ln_emit_call call = {.custom = kept,
                               .in = in,
                               .n_in = n_in,
                               .n_out = n_out,
                               .hints = made,
                               .options = w.out,
                               .n_options = w.n_out};
    return ln_emit_node(c->e, &call, out);
}

/* Of one tensor, item by item. */
static ln_id same_shape(ln_keras_call *c, const operation *op, ln_id x, TfLiteType type)
{
    const ln_made made = {type, ln_emit_shape(c->e, x)};
    ln_id y;
    return ln_emit_ok(c->e) && foreign(c, op, &x, 1, &made, 1, &y) ? y : -1;
}

/* ---- Hashing ---- */

void ln_keras_hashing(ln_keras_call *c)
{
    static const attribute from = {"T", A_TYPE, 9 /* int64 */, NULL};
    static const operation as_string = {"AsString", &from, 1};
    ln_emit *e = c->e;
    const cJSON *mask = ln_json_get(c->config, "mask_value"),
                *salt = ln_json_get(c->config, "salt");
    const int bins = ln_json_int(c->config, "num_bins", 0);
    const bool reserved = mask && !cJSON_IsNull(mask) && bins > 1;
    ln_id x = ln_keras_x(c), text = x;
    if (salt && !cJSON_IsNull(salt))
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "hashing with a salt");
    else if (bins < 1)
        ln_emit_fail(e, LN_ERR_FORMAT, "%d bins", bins);
    if (ln_emit_type(e, x) != kTfLiteString)
        text = same_shape(c, &as_string, ln_emit_cast(e, x, kTfLiteInt64), kTfLiteString);
    const attribute buckets = {"num_buckets", NUMBER, bins - reserved, NULL};
    const operation hash = {"StringToHashBucketFast", &buckets, 1};
    ln_id y = same_shape(c, &hash, text, kTfLiteInt64);
    if (reserved) {
        const ln_id hidden = cJSON_IsString(mask)
                                 ? ln_keras_one_text(e, mask->valuestring)
                                 : ln_emit_number(e, ln_emit_type(e, x), mask->valuedouble);
        const ln_id in[] = {ln_keras_binary(e, &ln_op_equal, x, hidden),
                            ln_emit_number(e, kTfLiteInt64, 0), ln_keras_with(e, &ln_op_add, y, 1)};
        y = ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
    }
    ln_keras_out(c, ln_keras_encode(c, y, ln_json_text(c->config, "output_mode", "int"), bins, -1));
}

/* ---- TextVectorization ---- */

/* Lower case, and without punctuation. */
static ln_id standardized(ln_keras_call *c, ln_id x)
{
    static const attribute encoding = {"encoding", TEXT, 0, ""};
    static const attribute punctuation[] = {
        {"pattern", TEXT, 0, "[!\"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\']"},
        {"rewrite", TEXT, 0, ""},
        {"replace_global", FLAG, 1, NULL}};
    static const operation to_lower = {"StringLower", &encoding, 1},
                           without = {"StaticRegexReplace", punctuation, 3};
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(c->config, "standardize");
    const char *how = cJSON_IsString(json) ? json->valuestring : "";
    const bool both = !json || strcmp(how, "lower_and_strip_punctuation") == 0;
    const bool lower = both || strcmp(how, "lower") == 0,
               strip = both || strcmp(how, "strip_punctuation") == 0;
    if (!lower && !strip && !cJSON_IsNull(json))
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "a standardize of one's own: prepare texts before the model");
    x = lower ? same_shape(c, &to_lower, x, kTfLiteString) : x;
    return strip ? same_shape(c, &without, x, kTfLiteString) : x;
}

/* To a length, by zeros at the end. */
static ln_id of_length(ln_keras_call *c, ln_id y, int length)
{
    int none[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    const int rank = ln_emit_shape(c->e, y).rank;
    if (length < 1 || rank < 1)
        return length < 0 ? y : ln_emit_fail(c->e, LN_ERR_FORMAT, "a length of %d", length);
    for (int i = 0; i < rank; i++)
        size[i] = -1;
    after[rank - 1] = size[rank - 1] = length;
    return ln_emit_slice(c->e, ln_emit_pad(c->e, y, rank, none, after), rank, none, size);
}

void ln_keras_text_vectorization(ln_keras_call *c)
{
    static const attribute maxsplit = {"maxsplit", NUMBER, -1, NULL};
    static const operation words = {"StringSplitV2", &maxsplit, 1};
    static const ln_made made[] = {{.type = kTfLiteInt64, .shape = {.rank = 2, .dim = {-1, 2}}},
                                   {.type = kTfLiteString, .shape = {.rank = 1, .dim = {-1}}},
                                   {.type = kTfLiteInt64, .shape = {.rank = 1, .dim = {2}}}};
    const cJSON *split = cJSON_GetObjectItemCaseSensitive(c->config, "split");
    const char *mode = ln_json_text(c->config, "output_mode", "");
    ln_id parts[3] = {-1, ln_keras_x(c), -1};
    const int rank = ln_emit_shape(c->e, parts[1]).rank;
    if (ln_emit_type(c->e, parts[1]) != kTfLiteString || !*mode ||
        ln_json_get(c->config, "ngrams") || ln_json_bool(c->config, "ragged", false) ||
        (split && !cJSON_IsNull(split) &&
         strcmp(ln_json_text(c->config, "split", ""), "whitespace"))) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "other than words of texts between spaces (no ngrams, split by characters or "
                     "functions, ragged): prepare texts before the model");
        return;
    }
    parts[1] = standardized(c, parts[1]);
    if (!split || !cJSON_IsNull(split)) {
        if (rank > 1)
            parts[1] = ln_emit_squeeze(c->e, parts[1], 1U << (rank - 1));
        const ln_id in[] = {parts[1], ln_keras_one_text(c->e, "")};
        if (!ln_emit_ok(c->e) || !foreign(c, &words, in, 2, made, 3, parts))
            return;
    }
    const ln_id y = ln_keras_word_rows(c, parts[1], parts[0], parts[2]);
    ln_keras_out(c, strcmp(mode, "int") == 0
                        ? of_length(c, y, ln_json_int(c->config, "output_sequence_length", -1))
                        : y);
}
