/* SPDX-License-Identifier: Apache-2.0 */
/* fb/: FlatBuffers.  A reader that is safe on any bytes (reader.h), a verifier, a builder and a
 * copier driven by the descriptor tables below, and FlexBuffers (flexbuffers.h).  fb/ knows no
 * format: schema/ has the tables.
 *
 * descriptor.h: what a schema is: tables of fields, and unions of tables. */
#ifndef LN_FB_DESCRIPTOR_H
#define LN_FB_DESCRIPTOR_H

#include "base/compiler.h"

enum {
    LN_FB_BOOL, LN_FB_I8, LN_FB_U8, LN_FB_I16, LN_FB_U16, LN_FB_I32, LN_FB_U32, LN_FB_I64,
    LN_FB_U64, LN_FB_F32, LN_FB_F64, LN_FB_STRING, LN_FB_TABLE, LN_FB_UNION
};

typedef struct ln_fb_field {
    const char *name;  /* NULL ends a list of fields */
    uint16_t slot;     /* of a union: the value's; its type is in the slot before */
    uint8_t kind;      /* LN_FB_* */
    bool many;         /* a vector of that kind */
    uint8_t align;     /* of a vector's items, where stricter than the kind's; else 0 */
    int16_t ref;       /* table or union number; of a scalar its enumeration, or -1 */
    double fallback;   /* a scalar's value when it is not stored */
} ln_fb_field;

typedef struct ln_fb_table_def {
    const char *name;
    const ln_fb_field *fields;
} ln_fb_table_def;

typedef struct ln_fb_member {
    int16_t type;      /* the union's type number; 0 ends a list */
    int16_t table;
} ln_fb_member;

typedef struct ln_fb_union_def {
    const char *name;
    const ln_fb_member *members;
} ln_fb_union_def;

/* A value of an enumeration; a NULL name ends a list. */
typedef struct ln_fb_name {
    const char *name;
    int64_t value;
} ln_fb_name;

typedef struct ln_fb_schema {
    const ln_fb_table_def *tables;
    const ln_fb_union_def *unions;
    const ln_fb_name *const *enums; /* of those scalars whose values have names */
    int root;
    char identifier[5];
} ln_fb_schema;

/* Bytes of one item of a scalar kind; 4 (an offset) for the others. */
static inline size_t ln_fb_kind_size(int kind)
{
    static const uint8_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 4, 4};
    return sizes[kind];
}

/* The table that a union's type number stands for; -1: none that we know. */
static inline int ln_fb_union_table(const ln_fb_schema *s, int union_id, int type)
{
    for (const ln_fb_member *m = s->unions[union_id].members; m->type; m++)
        if (m->type == type)
            return m->table;
    return -1;
}

#endif
