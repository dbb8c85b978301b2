/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c: see samples.h.  One file is in memory at a time. */
#include "samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "feed.h"
#include "files.h"
#include "image.h"
#include "linnet/metadata.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/core/c/c_api.h"
#include "tool.h"

enum { MAX_INPUTS = 64 };

struct samples {
    file_list files;
    feed_scaling scaling; /* of images */
    int limit, given;
    size_t file;              /* the one after that in memory */
    value loaded[MAX_INPUTS]; /* arrays of several samples */
    int n_loaded;
    size_t at, in_file;    /* the next sample of them, and how many there are */
    value now[MAX_INPUTS]; /* the sample */
    int n_now;
};

/* ---- which files ---- */

static bool add_files(samples *s, const char *path)
{
    static const char *const tails[] = {".npy", ".npz", ".png", ".jpg", ".jpeg", ".bin"};
    const size_t before = s->files.n;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        const size_t n = s->files.n;
        if (!files_find(&s->files, path, tails[i]))
            return false;
        if (s->files.n == n + 1 && strcmp(s->files.paths[n], path) == 0)
            return true; /* a file, not a folder */
    }
    if (s->files.n == before) {
        tool_error("%s: no .npy, .npz, .png, .jpg or .bin files", path);
        return false;
    }
    return true;
}

/* What the model's metadata say of its images. */
static void read_metadata(samples *s, const char *path)
{
#ifdef LINNET_TASK
    ln_meta *meta = ln_meta_open(path, NULL);
    const ln_meta_tensor *t = meta ? ln_meta_input(meta, 0) : NULL;
    const ln_meta_unit *unit = t ? ln_meta_find_unit(&t->units, LN_META_NORMALIZATION) : NULL;
    if (unit && unit->n_mean > 0 && unit->n_std > 0 && unit->std[0] != 0)
        s->scaling = (feed_scaling){true, (double)unit->mean[0], (double)unit->std[0]};
    ln_meta_close(meta);
#else
    (void)s;
    (void)path;
#endif
}

samples *samples_open(const args *a, const char *option, const char *path)
{
    samples *s = tool_new(1, sizeof *s);
    const char *data;
    int at = 0;
    s->scaling.std = 1;
    s->limit = 1 << 30;
    read_metadata(s, path);
    bool ok = args_int(a, "samples", 1, 1 << 30, &s->limit) && feed_read_scaling(a, &s->scaling);
    while (ok && (data = args_next(a, option, &at)) != NULL)
        ok = add_files(s, data);
    if (ok && !s->files.n) {
        tool_error("--%s is missing", option);
        ok = false;
    }
    if (!ok) {
        samples_close(s);
        return NULL;
    }
    return s;
}

static void unload(value *v, int *n)
{
    for (int i = 0; i < *n; i++)
        value_free(&v[i]);
    *n = 0;
}

void samples_close(samples *s)
{
    if (!s)
        return;
    unload(s->loaded, &s->n_loaded);
    unload(s->now, &s->n_now);
    files_free(&s->files);
    tool_free(s);
}

int samples_files(const samples *s)
{
    return (int)s->files.n;
}

int samples_given(const samples *s)
{
    return s->given;
}

int samples_file(const samples *s)
{
    return (int)s->file;
}

const char *samples_path(const samples *s, int file)
{
    return file >= 0 && (size_t)file < s->files.n ? s->files.paths[file] : "";
}

void samples_rewind(samples *s)
{
    unload(s->loaded, &s->n_loaded);
    s->given = 0;
    s->file = s->at = s->in_file = 0;
}

/* ---- one file ---- */

static bool read_npy(value *v, const uint8_t *data, size_t n, const char *path)
{
    char why[160] = "";
    if (value_from_npy(v, data, n, why))
        return true;
    tool_error("%s: %s", path, why);
    return false;
}

/* The entry of a .npz for input `i`: by its name, else the one at that place. */
static bool read_npz_input(archive *z, const TfLiteTensor *t, int i, const char *path, value *v)
{
    char *name = tool_format("%s.npy", t->name ? t->name : "");
    const bool named = archive_has(z, name);
    size_t n;
    if (!named && i >= archive_count(z)) {
        tool_error("%s: has no array for input %s", path, t->name);
        tool_free(name);
        return false;
    }
    uint8_t *data = archive_read(z, named ? name : archive_name(z, i), &n);
    const bool ok = data && read_npy(v, data, n, path);
    tool_free(data);
    tool_free(name);
    return ok;
}

static bool load_npz(samples *s, const TfLiteInterpreter *p, const char *path)
{
    archive *z = archive_open(path);
    bool ok = z != NULL;
    for (int i = 0; ok && i < TfLiteInterpreterGetInputTensorCount(p); i++) {
        ok = read_npz_input(z, TfLiteInterpreterGetInputTensor(p, i), i, path, &s->loaded[i]);
        s->n_loaded += ok;
    }
    archive_close(z);
    return ok;
}

static bool load_npy(samples *s, const char *path)
{
    size_t n;
    uint8_t *data = tool_read_file(path, &n);
    const bool ok = data && read_npy(&s->loaded[0], data, n, path);
    tool_free(data);
    s->n_loaded = ok;
    return ok;
}

/* Records: the bytes of all inputs, one behind another. */
static bool load_raw(samples *s, const TfLiteInterpreter *p, const char *path)
{
    const int inputs = TfLiteInterpreterGetInputTensorCount(p);
    size_t n, record = 0, offset = 0;
    for (int i = 0; i < inputs; i++)
        record += TfLiteTensorByteSize(TfLiteInterpreterGetInputTensor(p, i));
    uint8_t *data = tool_read_file(path, &n);
    if (!data || !record || n % record || n / record > 1 << 24) {
        tool_error("%s: is not a whole number of records of %zu bytes", path, record);
        tool_free(data);
        return false;
    }
    for (int i = 0; i < inputs; i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
        const size_t bytes = TfLiteTensorByteSize(t);
        const int dims[2] = {(int)(n / record), TfLiteTensorDim(t, 0)};
        value *v = &s->loaded[i];
        int shape[VALUE_MAX_RANK] = {dims[0]};
        int rank = TfLiteTensorNumDims(t);
        for (int k = 1; k < rank; k++)
            shape[k] = TfLiteTensorDim(t, k);
        if (rank > 0)
            shape[0] *= TfLiteTensorDim(t, 0);
        value_make(v, TfLiteTensorType(t), rank > 0 ? rank : 1, shape);
        s->n_loaded++;
        for (int k = 0; k < dims[0]; k++)
            memcpy(v->data + (size_t)k * bytes, data + (size_t)k * record + offset, bytes);
        offset += bytes;
    }
    tool_free(data);
    return true;
}

static bool load_image(samples *s, const TfLiteInterpreter *p, const char *path)
{
    s->n_loaded =
        feed_image(&s->loaded[0], TfLiteInterpreterGetInputTensor(p, 0), path, &s->scaling);
    return s->n_loaded > 0;
}

static size_t item_count(const TfLiteTensor *t)
{
    size_t n = 1;
    for (int i = 0; i < TfLiteTensorNumDims(t); i++)
        n *= (size_t)TfLiteTensorDim(t, i);
    return n;
}

/* How many samples the arrays hold; false when they do not fit the inputs. */
static bool count_samples(samples *s, const TfLiteInterpreter *p, const char *path)
{
    if (s->n_loaded != TfLiteInterpreterGetInputTensorCount(p)) {
        tool_error("%s: has %d of %d inputs", path, s->n_loaded,
                   TfLiteInterpreterGetInputTensorCount(p));
        return false;
    }
    s->in_file = 0;
    for (int i = 0; i < s->n_loaded; i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
        const size_t items = item_count(t), n = items ? s->loaded[i].count / items : 0;
        if (!items || s->loaded[i].count % items || (i && n != s->in_file)) {
            tool_error("%s: %zu numbers are no samples of %zu for input %s", path,
                       s->loaded[i].count, items, TfLiteTensorName(t));
            return false;
        }
        s->in_file = n;
    }
    return true;
}

static bool load_file(samples *s, const TfLiteInterpreter *p)
{
    const char *path = s->files.paths[s->file++];
    unload(s->loaded, &s->n_loaded);
    s->at = s->in_file = 0;
    if (TfLiteInterpreterGetInputTensorCount(p) > MAX_INPUTS) {
        tool_error("the model has more than %d inputs", (int)MAX_INPUTS);
        return false;
    }
    const bool ok = image_is_file(path)            ? load_image(s, p, path)
                    : tool_ends_with(path, ".npz") ? load_npz(s, p, path)
                    : tool_ends_with(path, ".npy") ? load_npy(s, path)
                                                   : load_raw(s, p, path);
    return ok && count_samples(s, p, path);
}

/* ---- one sample ---- */

int samples_next(samples *s, const TfLiteInterpreter *p)
{
    if (s->given >= s->limit)
        return 0;
    while (s->at >= s->in_file) {
        if (s->file >= s->files.n)
            return 0;
        if (!load_file(s, p))
            return -1;
    }
    unload(s->now, &s->n_now);
    for (int i = 0; i < s->n_loaded; i++) {
        const value *all = &s->loaded[i];
        const size_t items = all->count / s->in_file, bytes = items * value_item_bytes(all->type);
        const int dims[1] = {(int)items};
        value_make(&s->now[i], all->type, 1, dims);
        s->n_now++;
        memcpy(s->now[i].data, all->data + s->at * bytes, bytes);
    }
    s->at++;
    s->given++;
    return 1;
}

/* The sample's numbers in the tensor's type, quantized where it is and they are not.  Bytes of an
 * array are pixels where --mean and --std are given. */
static bool feed_tensor(const samples *s, const value *from, TfLiteTensor *t)
{
    const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
    const bool pixels = from->type == kTfLiteUInt8 && s->scaling.asked;
    const bool scaled = q.scale > 0 && (pixels || value_kind_of(from->type) == VALUE_FLOAT) &&
                        value_kind_of(TfLiteTensorType(t)) != VALUE_FLOAT;
    const int dims[1] = {(int)from->count};
    value v;
    value_make(&v, TfLiteTensorType(t), 1, dims);
    for (size_t i = 0; i < from->count; i++) {
        const double given = value_real(from, i, 0);
        const double x = pixels ? (given - s->scaling.mean) / s->scaling.std : given;
        value_store(&v, i, scaled ? x / (double)q.scale + q.zero_point : x);
    }
    const bool ok = TfLiteTensorCopyFromBuffer(t, v.data, v.bytes) == kTfLiteOk;
    value_free(&v);
    return ok;
}

bool samples_feed(const samples *s, TfLiteInterpreter *to)
{
    for (int i = 0; i < s->n_now; i++) {
        if (i < TfLiteInterpreterGetInputTensorCount(to) &&
            feed_tensor(s, &s->now[i], TfLiteInterpreterGetInputTensor(to, i)))
            continue;
        tool_error("a sample does not fit input %d", i);
        return false;
    }
    return true;
}
