/* SPDX-License-Identifier: Apache-2.0 */
/* json_parse.c: metadata from JSON, led by the schema's tables: children first, as the builder
 * wants it.  Values of enumerations and types of unions are names or numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/half.h"
#include "fb/builder.h"
#include "linnet/metadata.h"
#include "metadata/json.h"
#include "metadata/text.h"
#include "schema/metadata_schema.h"

static const ln_fb_schema *const schema = &ln_metadata_schema;

/* Where in the tree something is, for messages. */
typedef struct place {
    const struct place *in;
    const char *name;
    int item; /* of a list; -1: not one */
} place;

typedef struct packing {
    ln_fb_builder b;
    const char *version; /* instead of the tree's; NULL: none */
    ln_diag *diag;
} packing;

static ln_status pack_table(packing *p, int table, const cJSON *json, const place *at,
                            ln_fb_ref *out);

static size_t print_place(const place *at, char *text, size_t n)
{
    const size_t used = at->in ? print_place(at->in, text, n) : 0;
    if (used + 1 >= n || !at->name)
        return used;
    const char *dot = used ? "." : "";
    const int more = at->item < 0
                         ? snprintf(text + used, n - used, "%s%s", dot, at->name)
                         : snprintf(text + used, n - used, "%s%s[%d]", dot, at->name, at->item);
    return more < 0 ? used : LN_MIN(used + (size_t)more, n - 1);
}

static ln_status refuse(packing *p, const place *at, const char *what, const char *name)
{
    char text[256] = "";
    print_place(at, text, sizeof text);
    return ln_fail(p->diag, LN_ERR_ARGUMENT, "%s%s%s%s", text[0] ? text : "the metadata", what,
                   name ? " " : "", name ? name : "");
}

/* ---- scalars ---- */

static bool find_name(const ln_fb_field *f, const char *name, double *value)
{
    if (f->ref >= 0) {
        for (const ln_fb_name *n = schema->enums[f->ref]; n->name; n++) {
            if (strcmp(n->name, name) == 0) {
                *value = (double)n->value;
                return true;
            }
        }
    } else if (f[1].name && f[1].kind == LN_FB_UNION) {
        *value = 0;
        if (strcmp(name, "NONE") == 0)
            return true;
        for (const ln_fb_member *m = ln_fb_members(schema, f[1].ref); m->type; m++) {
            *value = m->type;
            if (strcmp(ln_fb_table_name(schema, m->table), name) == 0)
                return true;
        }
    } else if (f->kind == LN_FB_F32) {
        static const char *const names[] = {"nan", "inf", "-inf"};
        const double values[] = {NAN, INFINITY, -INFINITY};
        for (size_t i = 0; i < LN_COUNTOF(names); i++) {
            if (strcmp(names[i], name) == 0) {
                *value = values[i];
                return true;
            }
        }
    }
    return false;
}

static ln_status scalar_bits(packing *p, const ln_fb_field *f, const cJSON *json, const place *at,
                             uint32_t *bits)
{
    static const struct limits {
        double least, most;
    } limits[] = {
        [LN_FB_I8] = {-128, 127},
        [LN_FB_U8] = {0, 255},
        [LN_FB_I32] = {INT32_MIN, INT32_MAX},
        [LN_FB_U32] = {0, UINT32_MAX},
    };
    double v = json->valuedouble;
    if (cJSON_IsString(json)) {
        if (!find_name(f, json->valuestring, &v))
            return refuse(p, at, " cannot be", json->valuestring);
    } else if (!cJSON_IsNumber(json)) {
        return refuse(p, at, " is not a number", NULL);
    }
    if (f->kind == LN_FB_F32) {
        *bits = ln_float_bits((float)v);
        return LN_OK;
    }
    if (v != floor(v) || v < limits[f->kind].least || v > limits[f->kind].most)
        return refuse(p, at, " is out of range or not a whole number", NULL);
    *bits = (uint32_t)(int64_t)v;
    return LN_OK;
}

/* ---- lists ---- */

static ln_status pack_item(packing *p, const ln_fb_field *f, const cJSON *json, const place *at,
                           uint32_t *out)
{
    if (f->kind == LN_FB_TABLE)
        return pack_table(p, f->ref, json, at, out);
    if (f->kind != LN_FB_STRING)
        return scalar_bits(p, f, json, at, out);
    if (!cJSON_IsString(json))
        return refuse(p, at, " is not a string", NULL);
    *out = ln_fb_add_string(&p->b, json->valuestring);
    return LN_OK;
}

static ln_fb_ref add_list(packing *p, const ln_fb_field *f, uint32_t *items, size_t n)
{
    const size_t size = ln_fb_kind_size(f->kind);
    if (f->kind >= LN_FB_STRING)
        return ln_fb_add_refs(&p->b, items, n);
    uint8_t *bytes = (uint8_t *)items; /* only numbers of one or four bytes come in lists */
    for (size_t i = 0; size == 1 && i < n; i++)
        bytes[i] = (uint8_t)items[i];
    return ln_fb_add_vector(&p->b, items, n, size, LN_MAX(size, (size_t)f->align));
}

static ln_status pack_list(packing *p, const ln_fb_field *f, const cJSON *json, const place *at,
                           ln_fb_ref *out)
{
    if (!cJSON_IsArray(json))
        return refuse(p, at, " is not a list", NULL);
    place item = *at;
    uint32_t *items = ln_new(&p->b.alloc, (size_t)cJSON_GetArraySize(json) + 1, sizeof *items);
    if (!items)
        return LN_ERR_MEMORY;
    ln_status status = LN_OK;
    size_t n = 0;
    for (const cJSON *i = json->child; i && status == LN_OK; i = i->next) {
        item.item = (int)n;
        status = pack_item(p, f, i, &item, &items[n++]);
    }
    if (status == LN_OK)
        *out = add_list(p, f, items, n);
    ln_free(&p->b.alloc, items);
    return status;
}

/* ---- tables ---- */

static ln_status pack_union(packing *p, const ln_fb_field *f, const cJSON *parent,
                            const cJSON *json, const place *at, ln_fb_ref *out)
{
    const ln_fb_field *type_field = f - 1;
    const char *type_name = ln_fb_field_name(schema, type_field);
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(parent, type_name);
    uint32_t number = 0;
    if (type)
        LN_TRY(scalar_bits(p, type_field, type, at, &number));
    const int table = ln_fb_union_table(schema, f->ref, (int)number);
    if (table < 0)
        return refuse(p, at, " needs the name of its table in", type_name);
    return pack_table(p, table, json, at, out);
}

static ln_status pack_child(packing *p, const ln_fb_field *f, const cJSON *parent,
                            const cJSON *json, const place *at, ln_fb_ref *out)
{
    if (f->many)
        return pack_list(p, f, json, at, out);
    if (f->kind == LN_FB_TABLE)
        return pack_table(p, f->ref, json, at, out);
    if (f->kind == LN_FB_UNION)
        return pack_union(p, f, parent, json, at, out);
    return pack_item(p, f, json, at, out);
}

static ln_status pack_scalar(packing *p, const ln_fb_field *f, const cJSON *json, const place *at)
{
    uint32_t bits;
    LN_TRY(scalar_bits(p, f, json, at, &bits));
    const uint32_t fallback =
        f->kind == LN_FB_F32 ? ln_float_bits(f->fallback) : (uint32_t)(int32_t)f->fallback;
    if (bits != fallback)
        ln_fb_set_bits(&p->b, f->slot, bits, ln_fb_kind_size(f->kind));
    return LN_OK;
}

static ln_status check_names(packing *p, int table, const cJSON *json, const place *at)
{
    if (!cJSON_IsObject(json))
        return refuse(p, at, " is not an object", NULL);
    for (const cJSON *i = json->child; i; i = i->next) {
        const ln_fb_field *f = ln_fb_fields(schema, table);
        while (f->name && strcmp(ln_fb_field_name(schema, f), i->string) != 0)
            f++;
        if (!f->name)
            return refuse(p, at, " has no field", i->string);
    }
    return LN_OK;
}

static ln_status pack_table(packing *p, int table, const cJSON *json, const place *at,
                            ln_fb_ref *out)
{
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    const ln_fb_field *fields = ln_fb_fields(schema, table);
    LN_TRY(check_names(p, table, json, at));
    for (const ln_fb_field *f = fields; f->name; f++) {
        const place here = {at, ln_fb_field_name(schema, f), -1};
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, here.name);
        if (table == schema->root && f->slot == LN_ModelMetadata_min_parser_version)
            refs[f->slot] = ln_fb_add_string(&p->b, p->version);
        else if (table == LN_T_AssociatedFile && f->slot == LN_AssociatedFile_name &&
                 cJSON_IsString(value)) /* folders do not go along */
            refs[f->slot] = ln_fb_add_string(&p->b, ln_base_name(value->valuestring));
        else if (value && (f->many || f->kind >= LN_FB_STRING))
            LN_TRY(pack_child(p, f, json, value, &here, &refs[f->slot]));
    }
    ln_fb_begin(&p->b);
    for (const ln_fb_field *f = fields; f->name; f++) {
        const place here = {at, ln_fb_field_name(schema, f), -1};
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, here.name);
        if (f->many || f->kind >= LN_FB_STRING)
            ln_fb_set_ref(&p->b, f->slot, refs[f->slot]);
        else if (value)
            LN_TRY(pack_scalar(p, f, value, &here));
    }
    *out = ln_fb_end(&p->b);
    return LN_OK;
}

static ln_status pack_root(const cJSON *root, const char *version, uint8_t **buffer, size_t *n,
                           ln_diag *diag)
{
    packing p = {.version = version, .diag = diag};
    const place top = {NULL, NULL, -1};
    ln_fb_ref ref = 0;
    ln_fb_builder_init(&p.b, &ln_alloc_default);
    ln_status status = pack_table(&p, schema->root, root, &top, &ref);
    if (status == LN_OK) {
        ln_fb_finish(&p.b, ref, schema->identifier);
        status = ln_fb_take(&p.b, buffer, n);
    }
    ln_fb_builder_deinit(&p.b);
    return status == LN_ERR_MEMORY ? ln_fail(diag, status, "no memory for the metadata") : status;
}

ln_status ln_meta_pack(const cJSON *root, uint8_t **buffer, size_t *n, ln_diag *diag)
{
    uint8_t *first;
    LN_TRY(pack_root(root, NULL, &first, n, diag));
    const char *version = ln_meta_version(first, *n, NULL);
    ln_free(&ln_alloc_default, first);
    return pack_root(root, version, buffer, n, diag);
}
