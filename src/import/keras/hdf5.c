/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5.c: reading HDF5 by its C library, whose own messages are kept quiet: what fails here says so
 * itself.  The library keeps state per process; callers that convert on several threads need one
 * that is built thread-safe (Debian's is). */
#include "import/keras/hdf5.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

/* Compression makes at most a thousandth of what was there. */
enum { PLAUSIBLE = 1100, SLACK = 1 << 20, MAX_TEXT = 1 << 28, MAX_PATH_BYTES = 4096 };

struct ln_h5 {
    hid_t file;
    const ln_alloc *alloc;
    size_t left; /* bytes that may still be read */
};

/* ---- a file in memory, used where it lies: the library asks these for its copies of it ---- */

static void *image_malloc(size_t n, H5FD_file_image_op_t op, void *image)
{
    (void)n;
    (void)op;
    return image;
}

static void *image_memcpy(void *to, const void *from, size_t n, H5FD_file_image_op_t op,
                          void *image)
{
    (void)op;
    (void)image;
    if (to != from)
        memcpy(to, from, n);
    return to;
}

static void *image_realloc(void *p, size_t n, H5FD_file_image_op_t op, void *image)
{
    (void)p;
    (void)n;
    (void)op;
    (void)image;
    return NULL; /* only a file that is written grows */
}

static herr_t image_free(void *p, H5FD_file_image_op_t op, void *image)
{
    (void)p;
    (void)op;
    (void)image;
    return 0;
}

static void *image_keep(void *image)
{
    return image;
}

static herr_t image_forget(void *image)
{
    (void)image;
    return 0;
}

/* The library's file is read only, but it takes the bytes as if they were not. */
static hid_t open_image(const void *data, size_t n)
{
    void *image = (void *)(uintptr_t)data;
    H5FD_file_image_callbacks_t calls = {.image_malloc = image_malloc,
                                         .image_memcpy = image_memcpy,
                                         .image_realloc = image_realloc,
                                         .image_free = image_free,
                                         .udata_copy = image_keep,
                                         .udata_free = image_forget,
                                         .udata = image};
    hid_t file = -1;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_fapl_core(access, 1 << 16, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &calls) >= 0 &&
        H5Pset_file_image(access, image, n) >= 0)
        file = H5Fopen("weights", H5F_ACC_RDONLY, access);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

ln_status ln_h5_open(ln_h5 **out, const void *data, size_t n, const ln_alloc *alloc, ln_diag *diag)
{
    *out = NULL;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t file = n ? open_image(data, n) : -1;
    if (file < 0)
        return ln_fail(diag, LN_ERR_FORMAT, "the file cannot be read as HDF5");
    ln_h5 *h = ln_new(alloc, 1, sizeof *h);
    if (!h) {
        H5Fclose(file);
        return LN_ERR_MEMORY;
    }
    h->file = file;
    h->alloc = alloc;
    if (!ln_mul_size(n, PLAUSIBLE, &h->left) || !ln_add_size(h->left, SLACK, &h->left))
        h->left = SIZE_MAX;
    *out = h;
    return LN_OK;
}

void ln_h5_close(ln_h5 *h)
{
    if (!h)
        return;
    H5Fclose(h->file);
    ln_free(h->alloc, h);
}

/* ---- paths ---- */

/* Every step must be there, and lie in this file. */
bool ln_h5_exists(ln_h5 *h, const char *path)
{
    char part[MAX_PATH_BYTES];
    const size_t n = strlen(path);
    if (strcmp(path, "/") == 0)
        return true;
    if (n == 0 || n >= sizeof part)
        return false;
    for (size_t i = 1; i <= n; i++) {
        H5L_info_t info;
        if (i < n && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (H5Lexists(h->file, part, H5P_DEFAULT) <= 0 ||
            H5Lget_info(h->file, part, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

/* ---- attributes ---- */

static hid_t open_attribute(ln_h5 *h, const char *path, const char *name)
{
    if (!ln_h5_exists(h, path) || H5Aexists_by_name(h->file, path, name, H5P_DEFAULT) <= 0)
        return -1;
    return H5Aopen_by_name(h->file, path, name, H5P_DEFAULT, H5P_DEFAULT);
}

static bool spend(ln_h5 *h, size_t bytes)
{
    if (bytes > h->left)
        return false;
    h->left -= bytes;
    return true;
}

/* Strings of variable length: the library allocates them. */
static const char **variable_texts(ln_h5 *h, hid_t attribute, hid_t type, ln_arena *arena, size_t n)
{
    const hid_t space = H5Aget_space(attribute);
    char **read = ln_arena_new(arena, n + 1, sizeof *read);
    const char **texts = ln_arena_new(arena, n + 1, sizeof *texts);
    bool good = space >= 0 && read && texts && H5Aread(attribute, type, read) >= 0;
    if (good) {
        for (size_t i = 0; i < n; i++) {
            const size_t length = read[i] ? strlen(read[i]) : 0;
            good = good && length < MAX_TEXT && spend(h, length);
            texts[i] = good ? ln_arena_string(arena, read[i] ? read[i] : "", length) : NULL;
            good = good && texts[i];
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, read);
    }
    if (space >= 0)
        H5Sclose(space);
    return good ? texts : NULL;
}

static const char **fixed_texts(ln_h5 *h, hid_t attribute, hid_t type, ln_arena *arena, size_t n)
{
    const size_t size = H5Tget_size(type);
    size_t bytes;
    if (size == 0 || !ln_mul_size(n, size, &bytes) || !spend(h, bytes))
        return NULL;
    char *read = ln_arena_new(arena, 1, bytes + 1);
    const char **texts = ln_arena_new(arena, n + 1, sizeof *texts);
    if (!read || !texts || H5Aread(attribute, type, read) < 0)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *end = memchr(read + i * size, 0, size);
        texts[i] =
            ln_arena_string(arena, read + i * size, end ? (size_t)(end - (read + i * size)) : size);
        if (!texts[i])
            return NULL;
    }
    return texts;
}

static const char **read_texts(ln_h5 *h, hid_t attribute, ln_arena *arena, int *n)
{
    const hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    const hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    const char **texts = NULL;
    if (type >= 0 && H5Tget_class(type) == H5T_STRING && count >= 0 && count < MAX_TEXT &&
        spend(h, (size_t)count * sizeof(char *)))
        texts = H5Tis_variable_str(type) > 0
                    ? variable_texts(h, attribute, type, arena, (size_t)count)
                    : fixed_texts(h, attribute, type, arena, (size_t)count);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    *n = texts ? (int)count : 0;
    return texts;
}

const char *ln_h5_text(ln_h5 *h, const char *path, const char *name, ln_arena *arena)
{
    int n = 0;
    const hid_t attribute = open_attribute(h, path, name);
    if (attribute < 0)
        return NULL;
    const char **texts = read_texts(h, attribute, arena, &n);
    H5Aclose(attribute);
    return n == 1 ? texts[0] : NULL;
}

/* A list that is too long for one attribute is in "NAME0", "NAME1", ... */
static const char **chunked_texts(ln_h5 *h, const char *path, const char *name, ln_arena *arena,
                                  int *n)
{
    enum { MAX_CHUNKS = 1024 };
    const char **all = NULL;
    char chunk[64];
    for (int i = 0; i < MAX_CHUNKS; i++) {
        int more = 0;
        snprintf(chunk, sizeof chunk, "%s%d", name, i);
        const hid_t attribute = open_attribute(h, path, chunk);
        if (attribute < 0)
            break;
        const char **texts = read_texts(h, attribute, arena, &more);
        H5Aclose(attribute);
        const char **longer = ln_arena_new(arena, (size_t)*n + (size_t)more + 1, sizeof *longer);
        if (!longer || !texts || *n > MAX_TEXT - more)
            return NULL;
        if (*n)
            memcpy(longer, all, (size_t)*n * sizeof *longer);
        memcpy(longer + *n, texts, (size_t)more * sizeof *longer);
        all = longer;
        *n += more;
    }
    return all;
}

const char **ln_h5_texts(ln_h5 *h, const char *path, const char *name, ln_arena *arena, int *n)
{
    const hid_t attribute = open_attribute(h, path, name);
    *n = 0;
    if (attribute < 0)
        return chunked_texts(h, path, name, arena, n);
    const char **texts = read_texts(h, attribute, arena, n);
    H5Aclose(attribute);
    return texts;
}

/* ---- arrays ---- */

/* No data in other files or other datasets. */
static bool lies_here(hid_t set)
{
    const hid_t made = H5Dget_create_plist(set);
    const bool here =
        made >= 0 && H5Pget_external_count(made) == 0 && H5Pget_layout(made) != H5D_VIRTUAL;
    if (made >= 0)
        H5Pclose(made);
    return here;
}

static bool shape_of(hid_t set, ln_shape *shape, size_t *count)
{
    hsize_t dims[H5S_MAX_RANK];
    const hid_t space = H5Dget_space(set);
    const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    bool good =
        rank >= 0 && rank <= LN_MAX_RANK && H5Sget_simple_extent_dims(space, dims, NULL) == rank;
    *count = 1;
    shape->rank = good ? rank : 0;
    for (int i = 0; good && i < rank; i++) {
        good = dims[i] <= INT32_MAX && ln_mul_size(*count, (size_t)dims[i], count) &&
               *count <= INT32_MAX;
        shape->dim[i] = good ? (int)dims[i] : 0;
    }
    if (space >= 0)
        H5Sclose(space);
    return good;
}

/* Keras stores bfloat16 as uint16 with an attribute. */
static bool is_bfloat16(ln_h5 *h, const char *path, ln_arena *arena)
{
    const char *type = ln_h5_text(h, path, "dtype", arena);
    return type && strcmp(type, "bfloat16") == 0;
}

static bool read_floats(ln_h5 *h, hid_t set, const char *path, ln_arena *arena, size_t count,
                        float *values)
{
    const hid_t type = H5Dget_type(set);
    const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    if (type >= 0)
        H5Tclose(type);
    if (class != H5T_FLOAT && class != H5T_INTEGER)
        return false;
    if (class == H5T_FLOAT || !is_bfloat16(h, path, arena))
        return H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    uint32_t *bits = (uint32_t *)(void *)values;
    if (H5Dread(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits) < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint32_t word = bits[i] << 16;
        memcpy(&values[i], &word, sizeof word);
    }
    return true;
}

ln_status ln_h5_floats(ln_h5 *h, const char *path, ln_arena *arena, ln_shape *shape,
                       const float **values, ln_diag *diag)
{
    size_t count;
    if (!ln_h5_exists(h, path))
        return ln_fail(diag, LN_ERR_NOT_FOUND, "the file has no weight %s", path);
    const hid_t set = H5Dopen2(h->file, path, H5P_DEFAULT);
    if (set < 0)
        return ln_fail(diag, LN_ERR_FORMAT, "%s is no array", path);
    ln_status status = LN_OK;
    float *read = NULL;
    if (!lies_here(set))
        status = ln_fail(diag, LN_ERR_UNSUPPORTED, "%s lies in another file", path);
    else if (!shape_of(set, shape, &count) || !spend(h, count * sizeof(float)))
        status = ln_fail(diag, LN_ERR_FORMAT, "%s says it is larger than the file can hold", path);
    else if (!(read = ln_arena_new(arena, count + 1, sizeof *read)))
        status = LN_ERR_MEMORY;
    else if (!read_floats(h, set, path, arena, count, read))
        status = ln_fail(diag, LN_ERR_FORMAT, "%s cannot be read as numbers", path);
    H5Dclose(set);
    *values = read;
    return status;
}
