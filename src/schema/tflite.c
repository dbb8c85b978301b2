/* SPDX-License-Identifier: Apache-2.0 */
/* tflite.c: tflite.def as data. */
#include "schema/schema.h"

/* The macros hold unbalanced braces. */
/* clang-format off */
#define LN_TABLE(table) static const ln_fb_field table##_fields[] = {
#define LN_SCALAR(table, field, slot, kind, fallback) \
    {#field, slot, LN_FB_##kind, false, 0, -1, fallback},
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
#include "schema/tflite.def"

#define LN_UNION(name) static const ln_fb_member name##_members[] = {
#define LN_MEMBER(name, number, table) {number, LN_T_##table},
#define LN_END_UNION(name) {0, 0}};
#include "schema/tflite.def"

/* clang-format on */
static const ln_fb_table_def tables[] = {
#define LN_TABLE(table) {#table, table##_fields},
#include "schema/tflite.def"
};

static const ln_fb_union_def unions[] = {
#define LN_UNION(name) {#name, name##_members},
#include "schema/tflite.def"
};

#define LN_SCHEMA(root, identifier) \
    const ln_fb_schema ln_tflite_schema = {tables, unions, LN_T_##root, identifier};
#include "schema/tflite.def"
