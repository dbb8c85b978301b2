/* SPDX-License-Identifier: Apache-2.0 */
/* fb/: FlatBuffers.  A reader that is safe on any bytes (reader.h), a verifier, a builder and a
 * copier driven by the descriptor tables below, and FlexBuffers (flexbuffers.h).  fb/ knows no
 * format: schema/ has the tables.
 *
 * descriptor.h: what a schema is: tables of fields, and unions of tables.  Tables refer to their
 * fields and to names by numbers and not by addresses, which a shared library would have to work
 * out when it is loaded. */
#ifndef LN_FB_DESCRIPTOR_H
#define LN_FB_DESCRIPTOR_H

#include "base/compiler.h"

enum {
    LN_FB_BOOL,
    LN_FB_I8,
    LN_FB_U8,
    LN_FB_I16,
    LN_FB_U16,
    LN_FB_I32,
    LN_FB_U32,
    LN_FB_I64,
    LN_FB_U64,
    LN_FB_F32,
    LN_FB_F64,
    LN_FB_STRING,
    LN_FB_TABLE,
    LN_FB_UNION
};

typedef struct ln_fb_field {
    uint16_t name;    /* where it starts in the schema's names; 0 ends a list of fields */
    uint16_t slot;    /* of a union: the value's; its type is in the slot before */
    uint8_t kind;     /* LN_FB_* */
    bool many;        /* a vector of that kind */
    uint8_t align;    /* of a vector's items, where stricter than the kind's; else 0 */
    int16_t ref;      /* table or union number; of a scalar its enumeration, or -1 */
    int16_t fallback; /* a scalar's value when it is not stored */
} ln_fb_field;

typedef struct ln_fb_table_def {
    uint16_t name;
    uint16_t first; /* of its fields */
} ln_fb_table_def;

typedef struct ln_fb_member {
    int16_t type; /* the union's type number; 0 ends a list */
    int16_t table;
} ln_fb_member;

/* A value of an enumeration; a NULL name ends a list. */
typedef struct ln_fb_name {
    const char *name;
    int64_t value;
} ln_fb_name;

typedef struct ln_fb_schema {
    const char *names;
    const ln_fb_field *fields; /* of all tables */
    const ln_fb_table_def *tables;
    const ln_fb_member *members;    /* of all unions */
    const uint16_t *unions;         /* the first member of each */
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

/* A table's fields; the last one has no name. */
static inline const ln_fb_field *ln_fb_fields(const ln_fb_schema *s, int table)
{
    return s->fields + s->tables[table].first;
}

static inline const char *ln_fb_field_name(const ln_fb_schema *s, const ln_fb_field *f)
{
    return s->names + f->name;
}

static inline const char *ln_fb_table_name(const ln_fb_schema *s, int table)
{
    return s->names + s->tables[table].name;
}

/* A union's members; the last one has the type 0. */
static inline const ln_fb_member *ln_fb_members(const ln_fb_schema *s, int union_id)
{
    return s->members + s->unions[union_id];
}

/* The table that a union's type number stands for; -1: none that we know. */
static inline int ln_fb_union_table(const ln_fb_schema *s, int union_id, int type)
{
    for (const ln_fb_member *m = ln_fb_members(s, union_id); m->type; m++)
        if (m->type == type)
            return m->table;
    return -1;
}

#endif
