/* SPDX-License-Identifier: Apache-2.0 */
/* plain_json_parse.c: JSON to trees (cjson/cJSON.h): what `benchmark --compare FILE` reads.
 * Characters beyond ASCII may stand in strings as they are; \u is taken for those of ASCII. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/tool.h"

enum { MAX_DEPTH = 64, MAX_NUMBER = 64 };

typedef struct reader {
    const char *at, *end;
} reader;

static cJSON *parse_item(reader *r, int depth);

static void skip_space(reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

/* Takes the word if it comes next. */
static bool take(reader *r, const char *word)
{
    const size_t n = strlen(word);
    skip_space(r);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* The character behind a backslash, 0 where it is none. */
static char parse_escape(reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known = r->at < r->end && *r->at ? strchr(from, *r->at) : NULL;
    if (known) {
        r->at++;
        return to[known - from];
    }
    if (r->end - r->at < 5 || *r->at != 'u')
        return 0;
    char digits[5] = "", *end;
    memcpy(digits, r->at + 1, 4);
    const unsigned long code = strtoul(digits, &end, 16);
    r->at += 5;
    return end == digits + 4 && code < 128 ? (char)code : 0;
}

/* A string behind its first quote; NULL where it does not end. */
static char *parse_string(reader *r)
{
    const char *end = r->at;
    while (end < r->end && *end != '"')
        end += *end == '\\' && end + 1 < r->end ? 2 : 1;
    char *out = tool_new((size_t)(end - r->at) + 1, 1), *to = out;
    while (r->at < r->end && *r->at != '"') {
        const char c = *r->at++;
        *to = c == '\\' ? parse_escape(r) : c;
        if (*to++ == '\0')
            break;
    }
    if (take(r, "\""))
        return out;
    tool_free(out);
    return NULL;
}

static cJSON *parse_number(reader *r)
{
    char digits[MAX_NUMBER] = "", *end;
    skip_space(r);
    for (size_t i = 0; i + 1 < sizeof digits && r->at + i < r->end; i++) {
        if (!r->at[i] || !strchr("+-.0123456789eE", r->at[i]))
            break;
        digits[i] = r->at[i];
    }
    const double v = strtod(digits, &end);
    if (end == digits)
        return NULL;
    r->at += end - digits;
    return cJSON_CreateNumber(v);
}

/* Adds the next item, with its name in an object; false where there is none. */
static bool parse_member(reader *r, cJSON *to, int depth)
{
    char *name = NULL;
    if (to->type == cJSON_Object) {
        name = take(r, "\"") ? parse_string(r) : NULL;
        if (!name || !take(r, ":")) {
            tool_free(name);
            return false;
        }
    }
    cJSON *item = parse_item(r, depth);
    if (item) {
        item->string = name;
        return cJSON_AddItemToArray(to, item);
    }
    tool_free(name);
    return false;
}

static cJSON *parse_list(reader *r, cJSON *to, const char *end, int depth)
{
    bool ok = depth < MAX_DEPTH;
    if (ok && take(r, end))
        return to;
    while (ok) {
        ok = parse_member(r, to, depth + 1);
        if (ok && take(r, end))
            return to;
        ok = ok && take(r, ",");
    }
    cJSON_Delete(to);
    return NULL;
}

static cJSON *parse_item(reader *r, int depth)
{
    static const struct {
        const char *word;
        cJSON_kind type;
    } words[] = {{"null", cJSON_NULL}, {"false", cJSON_False}, {"true", cJSON_True}};
    if (take(r, "{"))
        return parse_list(r, cJSON_CreateObject(), "}", depth);
    if (take(r, "["))
        return parse_list(r, cJSON_CreateArray(), "]", depth);
    if (take(r, "\"")) {
        cJSON *item = cJSON_CreateNull();
        item->type = cJSON_String;
        item->valuestring = parse_string(r);
        if (item->valuestring)
            return item;
        cJSON_Delete(item);
        return NULL;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (take(r, words[i].word)) {
            cJSON *item = cJSON_CreateNull();
            item->type = words[i].type;
            return item;
        }
    }
    return parse_number(r);
}

cJSON *cJSON_ParseWithLength(const char *text, size_t n)
{
    reader r = {text, text + n};
    return parse_item(&r, 0);
}
