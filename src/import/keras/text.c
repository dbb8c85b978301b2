/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: Hashing, HashedCrossing and TextVectorization, by operators of TensorFlow, for there are
 * no builtin ones. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "import/select.h"
#include "ops/list.h"

/* ---- Hashing ---- */

/* A salt: a number, or two of them; false where there is none. */
static bool read_salt(ln_keras_call *c, ln_select_attribute *key)
{
    const cJSON *salt = ln_json_get(c->config, "salt"),
                *second =
                    cJSON_IsArray(salt) && cJSON_GetArraySize(salt) == 2 ? salt->child->next : salt;
    const cJSON *first = cJSON_IsArray(salt) ? salt->child : salt;
    *key = (ln_select_attribute){.key = "key", .kind = LN_SELECT_PAIR};
    if (!salt || cJSON_IsNull(salt))
        return false;
    if (!cJSON_IsNumber(first) || !cJSON_IsNumber(second) || !(fabs(first->valuedouble) <= 9e15) ||
        !(fabs(second->valuedouble) <= 9e15)) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "salt is not one number or two");
        return false;
    }
    key->value = (int64_t)first->valuedouble;
    key->second = (int64_t)second->valuedouble;
    return true;
}

void ln_keras_hashing(ln_keras_call *c)
{
    static const ln_select_attribute from = {"T", LN_SELECT_TYPE, LN_TF_INT64, NULL, 0};
    static const ln_select_op as_string = {"AsString", &from, 1};
    ln_emit *e = c->e;
    const cJSON *mask = ln_json_get(c->config, "mask_value");
    const int bins = ln_json_int(c->config, "num_bins", 0);
    const bool reserved = mask && !cJSON_IsNull(mask) && bins > 1;
    ln_id x = ln_keras_x(c), text = x;
    if (bins < 1)
        ln_emit_fail(e, LN_ERR_FORMAT, "%d bins", bins);
    if (ln_emit_type(e, x) != kTfLiteString)
        text = ln_select_map(e, &as_string, ln_emit_cast(e, x, kTfLiteInt64), kTfLiteString);
    ln_select_attribute given[2] = {{"num_buckets", LN_SELECT_INT, bins - reserved, NULL, 0}};
    const bool strong = read_salt(c, &given[1]);
    const ln_select_op hash = {strong ? "StringToHashBucketStrong" : "StringToHashBucketFast",
                               given, 1 + strong};
    ln_id y = ln_select_map(e, &hash, text, kTfLiteInt64);
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

/* ---- HashedCrossing ---- */

/* A feature as [batch, 1]. */
static ln_id as_column(ln_keras_call *c, ln_id x, const ln_shape *first, char *type)
{
    static const ln_shape column = {.rank = 2, .dim = {-1, 1}};
    const ln_shape s = ln_emit_shape(c->e, x);
    const bool text = ln_emit_type(c->e, x) == kTfLiteString;
    const ln_shape same = s.rank == first->rank ? *first : (ln_shape){.rank = -1};
    if (s.rank < 0 || s.rank > 2 || s.rank != same.rank || (s.rank == 2 && s.dim[1] != 1) ||
        ln_emit_type(c->e, x) == kTfLiteFloat32)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "other than whole numbers and strings, one for each example");
    *type = text ? LN_TF_STRING : LN_TF_INT64;
    x = s.rank == 2 ? x : ln_emit_reshape(c->e, x, &column);
    return text ? x : ln_emit_cast(c->e, x, kTfLiteInt64);
}

/* All features of an example make one number. */
void ln_keras_hashed_crossing(ln_keras_call *c)
{
    enum { MAX_FEATURES = 32 };
    static const ln_made made[] = {{.type = kTfLiteInt64, .shape = {.rank = 2, .dim = {-1, 2}}},
                                   {.type = kTfLiteInt64, .shape = {.rank = 1, .dim = {-1}}},
                                   {.type = kTfLiteInt64, .shape = {.rank = 1, .dim = {2}}}};
    const int bins = ln_json_int(c->config, "num_bins", 0);
    const ln_shape first = ln_emit_shape(c->e, ln_keras_x(c));
    ln_id in[MAX_FEATURES], out[3];
    char types[MAX_FEATURES + 1] = "";
    if (bins < 1 || c->n_in < 2 || c->n_in > MAX_FEATURES) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "%d features in %d bins", c->n_in, bins);
        return;
    }
    for (int i = 0; i < c->n_in; i++)
        in[i] = as_column(c, c->in[i].id, &first, &types[i]);
    const ln_select_attribute given[] = {
        {.key = "N", .kind = LN_SELECT_INT, .value = 0},
        {.key = "hashed_output", .kind = LN_SELECT_FLAG, .value = 1},
        {.key = "num_buckets", .kind = LN_SELECT_INT, .value = bins},
        {.key = "hash_key", .kind = LN_SELECT_INT, .value = 0xDECAFCAFFE},
        {.key = "sparse_types", .kind = LN_SELECT_TYPES, .text = ""},
        {.key = "dense_types", .kind = LN_SELECT_TYPES, .text = types},
        {.key = "out_type", .kind = LN_SELECT_TYPE, .value = LN_TF_INT64},
        {.key = "internal_type", .kind = LN_SELECT_TYPE, .value = LN_TF_INT64}};
    const ln_select_op cross = {"SparseCross", given, LN_COUNTOF(given)};
    if (!ln_emit_ok(c->e) || !ln_select_node(c->e, &cross, in, c->n_in, made, 3, out))
        return;
    ln_shape to = first;
    to.dim[0] = -1;
    ln_keras_out(c, ln_keras_encode(c, ln_emit_reshape(c->e, out[1], &to),
                                    ln_json_text(c->config, "output_mode", "int"), bins, -1));
}

/* ---- TextVectorization ---- */

/* Lower case, and without punctuation. */
static ln_id standardized(ln_keras_call *c, ln_id x)
{
    static const ln_select_attribute encoding = {"encoding", LN_SELECT_TEXT, 0, "", 0};
    static const ln_select_attribute punctuation[] = {
        {"pattern", LN_SELECT_TEXT, 0, "[!\"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\']", 0},
        {"rewrite", LN_SELECT_TEXT, 0, "", 0},
        {"replace_global", LN_SELECT_FLAG, 1, NULL, 0}};
    static const ln_select_op to_lower = {"StringLower", &encoding, 1},
                              without = {"StaticRegexReplace", punctuation, 3};
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(c->config, "standardize");
    const char *how = cJSON_IsString(json) ? json->valuestring : "";
    const bool both = !json || strcmp(how, "lower_and_strip_punctuation") == 0;
    const bool lower = both || strcmp(how, "lower") == 0,
               strip = both || strcmp(how, "strip_punctuation") == 0;
    if (!lower && !strip && !cJSON_IsNull(json))
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "a standardize of one's own: prepare texts before the model");
    x = lower ? ln_select_map(c->e, &to_lower, x, kTfLiteString) : x;
    return strip ? ln_select_map(c->e, &without, x, kTfLiteString) : x;
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
    static const ln_select_attribute maxsplit = {"maxsplit", LN_SELECT_INT, -1, NULL, 0};
    static const ln_select_op words = {"StringSplitV2", &maxsplit, 1};
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
        if (!ln_emit_ok(c->e) || !ln_select_node(c->e, &words, in, 2, made, 3, parts))
            return;
    }
    const ln_id y = ln_keras_word_rows(c, parts[1], parts[0], parts[2]);
    ln_keras_out(c, strcmp(mode, "int") == 0
                        ? of_length(c, y, ln_json_int(c->config, "output_sequence_length", -1))
                        : y);
}
