/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h: LN_SCHEMA_FILE as data, a constant named LN_SCHEMA_NAME; included once, by the format's
 * own file. */

/* Numbers of enumerations, for the fields. */
enum {
#define LN_ENUM(names) LN_E_##names,
#include LN_SCHEMA_FILE
    LN_E_COUNT
};

/* The macros hold unbalanced braces. */
/* clang-format off */
#define LN_TABLE(table) static const ln_fb_field table##_fields[] = {
#define LN_SCALAR(table, field, slot, kind, fallback) \
    {#field, slot, LN_FB_##kind, false, 0, -1, fallback},
#define LN_NAMED(table, field, slot, kind, fallback, names) \
    {#field, slot, LN_FB_##kind, false, 0, LN_E_##names, fallback},
#define LN_STRING(table, field, slot) {#field, slot, LN_FB_STRING, false, 0, -1, 0},
#define LN_VECTOR(table, field, slot, kind, align) \
    {#field, slot, LN_FB_##kind, true, align, -1, 0},
#define LN_STRINGS(table, field, slot) {#field, slot, LN_FB_STRING, true, 0, -1, 0},
#define LN_CHILD(table, field, slot, child) \
    {#field, slot, LN_FB_TABLE, false, 0, LN_T_##child, 0},
#define LN_CHILDREN(table, field, slot, child) \
    {#field, slot, LN_FB_TABLE, true, 0, LN_T_##child, 0},
#define LN_CHOICE(table, field, slot, name) {#field, slot, LN_FB_UNION, false, 0, LN_U_##name, 0},
#define LN_END(table) {NULL, 0, 0, false, 0, 0, 0}};
#include LN_SCHEMA_FILE

#define LN_UNION(name) static const ln_fb_member name##_members[] = {
#define LN_MEMBER(name, number, table) {number, LN_T_##table},
#define LN_END_UNION(name) {0, 0}};
#include LN_SCHEMA_FILE

#define LN_ENUM(names) static const ln_fb_name names##_names[] = {
#define LN_NAME(names, name, number) {#name, number},
#define LN_END_ENUM(names) {NULL, 0}};
#include LN_SCHEMA_FILE

/* clang-format on */
static const ln_fb_table_def tables[] = {
#define LN_TABLE(table) {#table, table##_fields},
#include LN_SCHEMA_FILE
};

static const ln_fb_union_def unions[] = {
#define LN_UNION(name) {#name, name##_members},
#include LN_SCHEMA_FILE
};

static const ln_fb_name *const enums[LN_E_COUNT + 1] = {
#define LN_ENUM(names) names##_names,
#include LN_SCHEMA_FILE
    NULL
};

#define LN_SCHEMA(root, identifier) \
    const ln_fb_schema LN_SCHEMA_NAME = {tables, unions, enums, LN_T_##root, identifier};
#include LN_SCHEMA_FILE
