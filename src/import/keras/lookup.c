/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c: StringLookup and IntegerLookup.  TFLite's tables go from strings to int64 and
 * back; from int64 to int64 leads through two, with decimal numbers between them.
 *
 * Indices are, in order: the mask's (only where the result is indices), those for what is in no
 * vocabulary, the vocabulary's. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/keras/archive.h"
#include "import/keras/keras.h"
#include "ops/list.h"

enum { MAX_WORDS = 1 << 22, DIGITS = 24 };

typedef struct lookup {
    ln_keras_call *c;
    bool strings, indices; /* of strings; results are indices, not encoded */
    bool text;             /* of a TextVectorization, whose mask is the empty word */
    int masks, unknown, n; /* reserved indices, words */
    ln_keras_column words; /* what is looked up */
} lookup;

/* ---- the vocabulary ---- */

static bool room(lookup *l, size_t n)
{
    ln_arena *a = &l->c->k->arena;
    l->words.type = l->strings ? kTfLiteString : kTfLiteInt64;
    l->words.texts = ln_arena_new(a, n + 2, sizeof *l->words.texts);
    l->words.lengths = ln_arena_new(a, n + 2, sizeof *l->words.lengths);
    l->words.numbers = ln_arena_new(a, n + 2, sizeof *l->words.numbers);
    return n <= MAX_WORDS && l->words.texts && l->words.lengths && l->words.numbers;
}

static bool add_word(lookup *l, const char *text, size_t length)
{
    char *end;
    l->words.texts[l->n] = text;
    l->words.lengths[l->n] = length;
    l->words.numbers[l->n] = l->strings ? 0 : strtoll(text, &end, 10);
    const bool number = l->strings || end == text + length;
    l->n++;
    return number;
}

/* A number of the file in decimal. */
static const char *decimal(lookup *l, int64_t v, size_t *length)
{
    char text[DIGITS];
    *length = (size_t)snprintf(text, sizeof text, "%" PRId64, v);
    return ln_arena_string(&l->c->k->arena, text, *length);
}

static bool add_item(lookup *l, const cJSON *item)
{
    size_t n;
    if (cJSON_IsString(item))
        return add_word(l, item->valuestring, strlen(item->valuestring));
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= 9e15))
        return false;
    const char *text = decimal(l, (int64_t)item->valuedouble, &n);
    return text && add_word(l, text, n);
}

/* vocabulary.txt of the archive: a word per line. */
static bool read_asset(lookup *l)
{
    ln_keras *k = l->c->k;
    char entry[2100], *bytes = NULL;
    size_t n = 0, lines = 1;
    if (!k->archive)
        return false;
    snprintf(entry, sizeof entry, "assets/%s/vocabulary.txt", l->c->scope.path);
    if (ln_archive_read(k->archive, entry, &bytes, &n, k->diag) != LN_OK)
        return false;
    char *text = ln_arena_string(&k->arena, bytes, n);
    ln_free(k->arena.alloc, bytes);
    for (size_t i = 0; text && i < n; i++)
        lines += text[i] == '\n';
    bool good = text && room(l, lines);
    for (char *at = text; good && at < text + n;) {
        const size_t length = strcspn(at, "\r\n");
        good = add_word(l, at, length);
        at += length;
        at += *at == '\r';
        at += *at == '\n';
    }
    while (good && l->n && l->words.lengths[l->n - 1] == 0)
        l->n--;
    return good;
}

static bool same_word(const lookup *l, int i, const cJSON *item, const char *fallback)
{
    char number[DIGITS];
    const char *text = cJSON_IsString(item) ? item->valuestring : fallback;
    if (cJSON_IsNumber(item)) {
        snprintf(number, sizeof number, "%.0f", item->valuedouble);
        text = number;
    }
    return strlen(text) == l->words.lengths[i] &&
           memcmp(text, l->words.texts[i], l->words.lengths[i]) == 0;
}

/* A vocabulary may begin with the reserved words. */
static void drop_reserved(lookup *l)
{
    const cJSON *mask = ln_json_get(l->c->config, "mask_token"),
                *oov = ln_json_get(l->c->config, "oov_token");
    const int reserved = l->masks + l->unknown;
    if (l->n < reserved)
        return;
    for (int i = 0; i < reserved; i++)
        if (i < l->masks ? !same_word(l, i, mask, l->text ? "" : "[UNK]")
                         : !same_word(l, i, oov, l->strings ? "[UNK]" : "-1"))
            return;
    l->n -= reserved;
    l->words.texts += reserved;
    l->words.lengths += reserved;
    l->words.numbers += reserved;
}

static bool read_lookup(ln_keras_call *c, bool strings, lookup *l)
{
    const cJSON *list = ln_json_get(c->config, "vocabulary"), *item;
    const cJSON *mask = ln_json_get(c->config, "mask_token");
    *l = (lookup){.c = c, .strings = strings};
    l->text = strcmp(c->row->name, "TextVectorization") == 0;
    l->indices = strcmp(ln_json_text(c->config, "output_mode", "int"), "int") == 0;
    l->masks = l->indices && (l->text || (mask && !cJSON_IsNull(mask)));
    l->unknown = ln_json_int(c->config, "num_oov_indices", 1);
    bool good = l->unknown >= 0 && l->unknown <= MAX_WORDS;
    if (cJSON_IsArray(list)) {
        good = good && room(l, (size_t)cJSON_GetArraySize(list));
        cJSON_ArrayForEach(item, list) good = good && add_item(l, item);
    } else {
        good = good && read_asset(l);
    }
    if (!good || l->n == 0) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "the file has no vocabulary for it");
        return false;
    }
    drop_reserved(l);
    return l->n > 0;
}

/* ---- looking up ---- */

/* Numbers first, first + 1, ... as a column, in decimal too. */
static bool count_from(lookup *l, int first, ln_keras_column *to)
{
    ln_arena *a = &l->c->k->arena;
    const size_t n = (size_t)l->n + 1;
    *to = (ln_keras_column){.type = kTfLiteInt64,
                            .texts = ln_arena_new(a, n, sizeof *to->texts),
                            .lengths = ln_arena_new(a, n, sizeof *to->lengths),
                            .numbers = ln_arena_new(a, n, sizeof *to->numbers)};
    bool good = to->texts && to->lengths && to->numbers;
    for (int i = 0; good && i < l->n; i++) {
        to->numbers[i] = (int64_t)first + i;
        to->texts[i] = decimal(l, to->numbers[i], &to->lengths[i]);
        good = to->texts[i] != NULL;
    }
    if (!good)
        ln_emit_fail(l->c->e, LN_ERR_MEMORY, "out of memory");
    return good;
}

ln_id ln_keras_one_text(ln_emit *e, const char *text)
{
    const ln_shape scalar = {.rank = 0};
    const size_t n = strlen(text);
    return ln_emit_strings(e, &scalar, &text, &n, 1);
}

/* From `from` to `to`, both of numbers: through decimal ones. */
static ln_id find_number(lookup *l, const ln_keras_column *from, const ln_keras_column *to, ln_id x,
                         ln_id missing)
{
    ln_keras_table first = {.n = l->n, .keys = *from, .values = *to};
    ln_keras_table second = {.n = l->n, .keys = *to, .values = *to};
    first.keys.type = second.values.type = kTfLiteInt64;
    first.values.type = second.keys.type = kTfLiteString;
    const ln_id text = ln_keras_table_find(l->c, &first, x, ln_keras_one_text(l->c->e, ""));
    return ln_keras_table_find(l->c, &second, text, missing);
}

/* Numbers that are in no vocabulary share several indices. */
static ln_id spread(lookup *l, ln_id x, ln_id y)
{
    ln_emit *e = l->c->e;
    if (l->strings)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "num_oov_indices of more than 1 for strings");
    const ln_id rest = ln_keras_with(e, &ln_op_floor_mod, x, l->unknown);
    const ln_id in[] = {ln_keras_with(e, &ln_op_equal, y, -1),
                        ln_keras_with(e, &ln_op_add, rest, l->masks), y};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id masked(lookup *l, ln_id x, ln_id y)
{
    const cJSON *token = ln_json_get(l->c->config, "mask_token");
    ln_emit *e = l->c->e;
    if (!l->text && !cJSON_IsString(token) && !cJSON_IsNumber(token))
        return y;
    const ln_id mask = l->strings
                           ? ln_keras_one_text(e, cJSON_IsString(token) ? token->valuestring : "")
                           : ln_emit_number(e, kTfLiteInt64, token->valuedouble);
    const ln_id in[] = {ln_keras_binary(e, &ln_op_equal, x, mask),
                        ln_emit_number(e, kTfLiteInt64, l->indices ? 0 : -1), y};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id forward(lookup *l, ln_id x)
{
    ln_keras_column places;
    ln_emit *e = l->c->e;
    const ln_id missing = ln_emit_number(e, kTfLiteInt64, l->unknown == 1 ? l->masks : -1);
    if (!count_from(l, l->masks + l->unknown, &places))
        return -1;
    ln_keras_table t = {.n = l->n, .keys = l->words, .values = places};
    const ln_id y = l->strings ? ln_keras_table_find(l->c, &t, x, missing)
                               : find_number(l, &l->words, &places, x, missing);
    return masked(l, x, l->unknown > 1 ? spread(l, x, y) : y);
}

/* Indices back to words. */
static ln_id backward(lookup *l, ln_id x)
{
    ln_keras_column places;
    ln_emit *e = l->c->e;
    const cJSON *token = ln_json_get(l->c->config, "mask_token");
    if (!count_from(l, l->masks + l->unknown, &places))
        return -1;
    if (!l->strings)
        return find_number(
            l, &places, &l->words, x,
            ln_emit_number(e, kTfLiteInt64, ln_json_number(l->c->config, "oov_token", -1)));
    ln_keras_table t = {.n = l->n, .keys = places, .values = l->words};
    if (l->masks && cJSON_IsString(token)) { /* one more row, for which there is room */
        t.keys.numbers[t.n] = 0;
        t.values.texts[t.n] = token->valuestring;
        t.values.lengths[t.n++] = strlen(token->valuestring);
    }
    return ln_keras_table_find(
        l->c, &t, x, ln_keras_one_text(e, ln_json_text(l->c->config, "oov_token", "[UNK]")));
}

/* Of "tf_idf": counts by the weight of each word; what is in no vocabulary has their mean. */
static ln_id weigh(lookup *l, ln_id counts, int depth)
{
    int n = 0;
    double sum = 0;
    const float *given =
        ln_json_floats(ln_json_get(l->c->config, "idf_weights"), &l->c->k->scratch, &n);
    const ln_shape s = {.rank = 1, .dim = {depth}};
    float *all = ln_keras_floats(l->c, (size_t)depth);
    if (!all)
        return -1;
    if (n < l->n || depth < l->unknown + l->n)
        return ln_emit_fail(l->c->e, LN_ERR_FORMAT, "%d idf_weights for %d words", n, l->n);
    const int skip = n - l->n; /* weights of reserved words, where the file has them */
    for (int i = 0; i < l->n; i++) {
        all[l->unknown + i] = given[skip + i];
        sum += (double)given[skip + i];
    }
    for (int i = 0; i < l->unknown; i++)
        all[i] = (float)(sum / l->n);
    return ln_keras_binary(l->c->e, &ln_op_mul, counts, ln_keras_constant(l->c, &s, all));
}

/* How many categories indices are encoded in. */
static int depth_of(const lookup *l)
{
    const int words = l->unknown + l->n;
    return ln_json_bool(l->c->config, "pad_to_max_tokens", false)
               ? LN_MAX(ln_json_int(l->c->config, "max_tokens", words), words)
               : words;
}

static ln_id encoded(lookup *l, ln_id indices)
{
    const char *mode = ln_json_text(l->c->config, "output_mode", "int");
    const bool weighed = strcmp(mode, "tf_idf") == 0;
    const int depth = depth_of(l);
    const ln_id y = ln_keras_encode(l->c, indices, weighed ? "count" : mode, depth, -1);
    return weighed ? weigh(l, y, depth) : y;
}

static void look_up(ln_keras_call *c, bool strings)
{
    lookup l;
    ln_id x = ln_keras_x(c);
    if (!read_lookup(c, strings, &l))
        return;
    const bool invert = ln_json_bool(c->config, "invert", false);
    if (!strings || invert)
        x = ln_emit_cast(c->e, x, kTfLiteInt64);
    ln_keras_out(c, invert ? backward(&l, x) : encoded(&l, forward(&l, x)));
}

/* The words of all rows in one row by a dense tensor of each row's, whose ends are filled. */
ln_id ln_keras_word_rows(ln_keras_call *c, ln_id words, ln_id places, ln_id shape)
{
    const TfLiteSparseToDenseParams p = {.validate_indices = false};
    static const int none[] = {0, 0}, one[] = {0, 1};
    lookup l;
    if (!read_lookup(c, true, &l))
        return -1;
    if (places < 0) /* they are dense */
        return encoded(&l, forward(&l, words));
    const ln_id fill = ln_emit_number(c->e, kTfLiteInt64, l.indices ? 0 : -1);
    const ln_id in[] = {places, shape, forward(&l, words), fill};
    const ln_id y = ln_emit_nary(c->e, &ln_op_sparse_to_dense, &p, 4, in);
    /* there may be no word at all, of which there is no largest number */
    return l.indices ? y : encoded(&l, ln_emit_pad_value(c->e, y, 2, none, one, fill));
}

void ln_keras_string_lookup(ln_keras_call *c)
{
    look_up(c, true);
}

void ln_keras_integer_lookup(ln_keras_call *c)
{
    look_up(c, false);
}
