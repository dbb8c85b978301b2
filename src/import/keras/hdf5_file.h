/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5_file.h: an HDF5 file in memory, for the parts of its reader: hdf5.c (groups, attributes),
 * hdf5_file.c (addresses, object headers, heaps, trees), hdf5_data.c (types, arrays, chunks).
 *
 * Whatever is read goes through a cursor that knows its end; each visit of a node of the file
 * costs one of `visits`, so that no cycle goes on for ever. */
#ifndef LN_IMPORT_KERAS_HDF5_FILE_H
#define LN_IMPORT_KERAS_HDF5_FILE_H

#include "import/keras/hdf5.h"

enum { LN_H5_MAX_RANK = 8 };
#define LN_H5_NOWHERE UINT64_MAX

struct ln_h5 {
    const uint8_t *data;
    size_t n;
    uint64_t base, root; /* what addresses count from; the root group's header */
    size_t left;         /* bytes that may still be read */
    long visits;
    const ln_alloc *alloc;
};

typedef struct ln_h5_cursor {
    const uint8_t *at, *end;
    bool bad; /* more was asked for than there is */
} ln_h5_cursor;

/* `n` bytes at an address; bad where they do not lie in the file. */
ln_h5_cursor ln_h5_at(ln_h5 *h, uint64_t address, uint64_t n);
/* From an address to the file's end. */
ln_h5_cursor ln_h5_from(ln_h5 *h, uint64_t address);
/* A number of that many bytes, at most 8. */
uint64_t ln_h5_get(ln_h5_cursor *c, int bytes);
/* The next n bytes as a cursor of their own. */
ln_h5_cursor ln_h5_take(ln_h5_cursor *c, uint64_t n);
/* Whether these four letters come next. */
bool ln_h5_signed(ln_h5_cursor *c, const char *letters);
bool ln_h5_spend(ln_h5 *h, uint64_t bytes);

/* ---- object headers ---- */

enum {
    LN_H5_DATASPACE = 1,
    LN_H5_LINK_INFO = 2,
    LN_H5_DATATYPE = 3,
    LN_H5_LINK = 6,
    LN_H5_EXTERNAL = 7,
    LN_H5_LAYOUT = 8,
    LN_H5_FILTERS = 11,
    LN_H5_ATTRIBUTE = 12,
    LN_H5_CONTINUED = 16,
    LN_H5_SYMBOLS = 17,
};

typedef struct ln_h5_messages {
    ln_h5 *h;
    ln_h5_cursor block;
    bool second, ordered; /* version 2; with creation order in each message */
    struct {
        uint64_t address, size;
    } more[16];           /* blocks that follow */
    int n_more;
} ln_h5_messages;

bool ln_h5_open_object(ln_h5 *h, uint64_t address, ln_h5_messages *m);
/* The next message; false at the end. */
bool ln_h5_next(ln_h5_messages *m, int *type, ln_h5_cursor *body);
/* The first message of a type. */
bool ln_h5_message(ln_h5 *h, uint64_t object, int type, ln_h5_cursor *body);

/* An object of a global heap: where strings of any length lie. */
ln_h5_cursor ln_h5_heap_object(ln_h5 *h, uint64_t collection, uint64_t index);

/* ---- trees ---- */

enum { LN_H5_GROUP_TREE, LN_H5_CHUNK_TREE };

/* A node: `level` 0 is a leaf; its `n` entries are a key and an address each. */
typedef struct ln_h5_tree {
    int level, n;
    ln_h5_cursor entries;
} ln_h5_tree;

/* The node of that kind at an address; its level has to be less than `above`, its parent's. */
bool ln_h5_open_tree(ln_h5 *h, uint64_t address, int kind, int above, ln_h5_tree *t);

/* ---- types and arrays ---- */

typedef struct ln_h5_type {
    enum { LN_H5_OTHER, LN_H5_INTEGER, LN_H5_FLOAT, LN_H5_TEXT, LN_H5_TEXT_ANY } kind;
    uint32_t size;
    bool is_signed, big; /* big-endian */
} ln_h5_type;

typedef struct ln_h5_space {
    int rank;
    uint64_t dim[LN_H5_MAX_RANK];
    uint64_t count;
} ln_h5_space;

bool ln_h5_read_type(ln_h5_cursor *c, ln_h5_type *t);
bool ln_h5_read_space(ln_h5_cursor *c, ln_h5_space *s);
/* The bytes of an array, as they lie in the file or put together in `arena`; NULL: it cannot be
 * read. */
const uint8_t *ln_h5_array(ln_h5 *h, uint64_t object, const ln_h5_type *t, const ln_h5_space *s,
                           ln_arena *arena);

#endif
