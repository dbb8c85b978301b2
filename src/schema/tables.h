/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h: LN_SCHEMA_FILE as data, a constant named LN_SCHEMA_NAME; included once, by the format's
 * own file. */
#include <assert.h>

/* Numbers of enumerations, for the fields. */
enum {
#define LN_ENUM(names) LN_E_##names,
#include LN_SCHEMA_FILE
    LN_E_COUNT
};

/* All names, one after the other; what refers to one has its distance from the start. */
static const struct names {
    char none[1];
#define LN_TABLE(table)                   char table[sizeof #table];
#define LN_EACH_FIELD(table, field, slot) char table##_##field[sizeof #field];
#include LN_SCHEMA_FILE
} names = {
    "",
#define LN_TABLE(table)                   #table,
#define LN_EACH_FIELD(table, field, slot) #field,
#include LN_SCHEMA_FILE
};
static_assert(sizeof names <= UINT16_MAX, "ln_fb_field.name has 16 bits");

/* The place of each field among all of them, and, without taking one, of a table's first. */
enum {
#define LN_TABLE(table)                   AT_##table, BEFORE_##table = AT_##table - 1,
#define LN_EACH_FIELD(table, field, slot) AT_##table##_##field,
#define LN_END(table)                     END_##table,
#include LN_SCHEMA_FILE
};

#define FIELD(table, field, slot, ...) {offsetof(struct names, table##_##field), slot, __VA_ARGS__},
static const ln_fb_field fields[] = {
#define LN_SCALAR(table, field, slot, kind, fallback) \
    FIELD(table, field, slot, LN_FB_##kind, false, 0, -1, fallback)
#define LN_NAMED(table, field, slot, kind, fallback, names) \
    FIELD(table, field, slot, LN_FB_##kind, false, 0, LN_E_##names, fallback)
#define LN_STRING(table, field, slot) FIELD(table, field, slot, LN_FB_STRING, false, 0, -1, 0)
#define LN_VECTOR(table, field, slot, kind, align) \
    FIELD(table, field, slot, LN_FB_##kind, true, align, -1, 0)
#define LN_STRINGS(table, field, slot) FIELD(table, field, slot, LN_FB_STRING, true, 0, -1, 0)
#define LN_CHILD(table, field, slot, child) \
    FIELD(table, field, slot, LN_FB_TABLE, false, 0, LN_T_##child, 0)
#define LN_CHILDREN(table, field, slot, child) \
    FIELD(table, field, slot, LN_FB_TABLE, true, 0, LN_T_##child, 0)
#define LN_CHOICE(table, field, slot, name) \
    FIELD(table, field, slot, LN_FB_UNION, false, 0, LN_U_##name, 0)
#define LN_END(table) {0, 0, 0, false, 0, 0, 0},
#include LN_SCHEMA_FILE
};

/* Their fallbacks are whole numbers that fit. */
#define LN_SCALAR(table, field, slot, kind, fallback) \
    static_assert((int16_t)(fallback) == (fallback), #table "." #field);
#define LN_NAMED(table, field, slot, kind, fallback, names) \
    static_assert((int16_t)(fallback) == (fallback), #table "." #field);
#include LN_SCHEMA_FILE

static const ln_fb_table_def tables[] = {
#define LN_TABLE(table) {offsetof(struct names, table), AT_##table},
#include LN_SCHEMA_FILE
};

enum {
#define LN_UNION(name)                 AT_##name, BEFORE_##name = AT_##name - 1,
#define LN_MEMBER(name, number, table) AT_##name##_##table,
#define LN_END_UNION(name)             END_##name,
#include LN_SCHEMA_FILE
};

static const ln_fb_member members[] = {
#define LN_MEMBER(name, number, table) {number, LN_T_##table},
#define LN_END_UNION(name)             {0, 0},
#include LN_SCHEMA_FILE
};

static const uint16_t unions[] = {
#define LN_UNION(name) AT_##name,
#include LN_SCHEMA_FILE
};

/* The macros hold unbalanced braces. */
/* clang-format off */
#define LN_ENUM(names) static const ln_fb_name names##_names[] = {
#define LN_NAME(names, name, number) {#name, number},
#define LN_END_ENUM(names) {NULL, 0}};
#include LN_SCHEMA_FILE

/* clang-format on */
static const ln_fb_name *const enums[LN_E_COUNT + 1] = {
#define LN_ENUM(names) names##_names,
#include LN_SCHEMA_FILE
    NULL};

#define LN_SCHEMA(root, identifier)                                                \
    const ln_fb_schema LN_SCHEMA_NAME = {names.none, fields, tables,      members, \
                                         unions,     enums,  LN_T_##root, identifier};
#include LN_SCHEMA_FILE
