/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c: see samples.h.  One file is in memory at a time. */
#include "quantize/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive.h"
#include "common/feed.h"
#include "common/files.h"
#include "common/image.h"
#include "common/tool.h"
#include "linnet/metadata.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/core/c/c_api.h"

enum { MAX_INPUTS = 64 };

struct samples {
    file_list files;
    feed_scaling scaling; /* of images */
    int limit, given;
    bool told;     /* that pixels go in as they are */
    size_t picked; /* how many files are used; all of them unless more images than --samples */
    size_t next;   /* the one of these after that in memory */
    size_t file;   /* that in memory and those before it, the unused ones too */
    value loaded[MAX_INPUTS];                    /* arrays of several samples */
    TfLiteQuantizationParams stored[MAX_INPUTS]; /* scale 0: as real numbers, or pixels */
    int n_loaded;
    size_t at, in_file;    /* the next sample of them, and how many there are */
    value now[MAX_INPUTS]; /* the sample */
    int n_now;
};

/* ---- which files ---- */

static bool is_data(const char *path)
{
    return image_is_file(path) || tool_ends_with(path, ".npy") || tool_ends_with(path, ".npz") ||
           tool_ends_with(path, ".bin");
}

/* A file, or those in a folder that are data. */
static bool add_files(samples *s, const char *path)
{
    const size_t before = s->files.n;
    size_t kept = before;
    struct stat info;
    if (!files_find(&s->files, path, ""))
        return false;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
        return true;
    for (size_t i = before; i < s->files.n; i++) {
        if (is_data(s->files.paths[i]))
            s->files.paths[kept++] = s->files.paths[i];
        else
            tool_free(s->files.paths[i]);
    }
    s->files.n = kept;
    if (kept == before)
        tool_error("%s: no .npy, .npz, .png, .jpg or .bin files", path);
    return kept > before;
}

/* Of more images than are wanted some of each part, as folders often are classes. */
static void pick_files(samples *s)
{
    s->picked = s->files.n;
    for (size_t i = 0; i < s->files.n; i++)
        if (!image_is_file(s->files.paths[i]))
            return;
    if (s->picked > (size_t)s->limit)
        s->picked = (size_t)s->limit;
}

/* What the model's metadata say of its images. */
static void read_metadata(samples *s, const char *path)
{
#ifdef LINNET_TASK
    ln_meta *meta = ln_meta_open(path, NULL);
    const ln_meta_tensor *t = meta ? ln_meta_input(meta, 0) : NULL;
    const ln_meta_unit *unit = t ? ln_meta_find_unit(&t->units, LN_META_NORMALIZATION) : NULL;
    if (unit && unit->n_mean > 0 && unit->n_std > 0) {
        s->scaling.asked = true;
        s->scaling.n_mean = unit->n_mean < FEED_CHANNELS ? unit->n_mean : FEED_CHANNELS;
        s->scaling.n_std = unit->n_std < FEED_CHANNELS ? unit->n_std : FEED_CHANNELS;
        for (int i = 0; i < s->scaling.n_mean; i++)
            s->scaling.mean[i] = (double)unit->mean[i];
        for (int i = 0; i < s->scaling.n_std; i++)
            s->scaling.std[i] = (double)unit->std[i];
    }
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
    s->limit = 1 << 30;
    read_metadata(s, path);
    bool ok = args_int(a, "samples", 1, 1 << 30, &s->limit) && feed_read_scaling(a, &s->scaling);
    while (ok && (data = args_next(a, option, &at)) != NULL)
        ok = add_files(s, data);
    if (ok && !s->files.n) {
        tool_error("--%s is missing", option);
        ok = false;
    }
    pick_files(s);
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

size_t samples_place(const samples *s)
{
    return s->picked < s->files.n ? s->file - 1 : (size_t)s->given - 1;
}

double samples_progress(const samples *s)
{
    const double before = s->next > 0 ? (double)s->next - 1 : 0;
    const double part = s->in_file > 0 ? (double)s->at / (double)s->in_file : 0;
    return fmax((before + part) / (double)s->picked, (double)s->given / s->limit);
}

void samples_rewind(samples *s)
{
    unload(s->loaded, &s->n_loaded);
    s->given = 0;
    s->next = s->file = s->at = s->in_file = 0;
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

/* What the signature calls input `i`; NULL where there is none. */
static const char *signature_name(TfLiteInterpreter *p, int i)
{
    const char *key =
        TfLiteInterpreterGetSignatureCount(p) > 0 ? TfLiteInterpreterGetSignatureKey(p, 0) : NULL;
    TfLiteSignatureRunner *r = key ? TfLiteInterpreterGetSignatureRunner(p, key) : NULL;
    const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
    const char *found = NULL;
    for (size_t k = 0; r && k < TfLiteSignatureRunnerGetInputCount(r); k++) {
        const char *name = TfLiteSignatureRunnerGetInputName(r, (int32_t)k);
        if (TfLiteSignatureRunnerGetInputTensor(r, name) == t)
            found = name;
    }
    if (r)
        TfLiteSignatureRunnerDelete(r);
    return found;
}

/* The entry of a .npz that has the name of input `i`, or the signature's for it; -1: none has. */
static int find_entry(const archive *z, TfLiteInterpreter *p, int i)
{
    const char *const names[] = {TfLiteTensorName(TfLiteInterpreterGetInputTensor(p, i)),
                                 signature_name(p, i)};
    for (int k = 0; k < archive_count(z); k++)
        for (int at = 0; at < 2; at++) {
            const size_t n = names[at] ? strlen(names[at]) : 0;
            if (n && strncmp(archive_name(z, k), names[at], n) == 0 &&
                strcmp(archive_name(z, k) + n, ".npy") == 0)
                return k;
        }
    return -1;
}

/* Arrays go by their names where one of these is known, else all by their places. */
static bool load_npz(samples *s, TfLiteInterpreter *p, const char *path)
{
    archive *z = archive_open(path);
    const int inputs = TfLiteInterpreterGetInputTensorCount(p);
    int entries[MAX_INPUTS], named = 0;
    for (int i = 0; z && i < inputs; i++)
        named += (entries[i] = find_entry(z, p, i)) >= 0;
    bool ok = z && (named == inputs || (!named && archive_count(z) == inputs));
    for (int i = 0; z && !ok && i < inputs; i++)
        if (!named || entries[i] < 0) {
            tool_error("%s: has no array for input %s", path,
                       TfLiteTensorName(TfLiteInterpreterGetInputTensor(p, i)));
            break;
        }
    for (int i = 0; ok && i < inputs; i++) {
        size_t n;
        uint8_t *data = archive_read(z, archive_name(z, named ? entries[i] : i), &n);
        ok = data && read_npy(&s->loaded[i], data, n, path);
        if (!data)
            tool_error("%s: %s cannot be read", path, archive_name(z, named ? entries[i] : i));
        s->n_loaded += ok;
        tool_free(data);
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
    const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, 0);
    if (!s->told && !s->scaling.asked && TfLiteTensorType(t) == kTfLiteFloat32)
        fprintf(stderr, "linnet: pixels go in as 0 to 255: the model's metadata say nothing of "
                        "them, nor do --mean and --std\n");
    s->told = true;
    s->n_loaded = feed_image(&s->loaded[0], t, path, &s->scaling);
    return s->n_loaded > 0;
}

static size_t item_count(const TfLiteTensor *t)
{
    size_t n = 1;
    for (int i = 0; i < TfLiteTensorNumDims(t); i++)
        n *= (size_t)TfLiteTensorDim(t, i);
    return n;
}

/* Bytes of an array are pixels where --mean and --std are given. */
static bool is_pixels(const samples *s, const value *v)
{
    return v->type == kTfLiteUInt8 && s->scaling.asked;
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
        const bool raw = s->loaded[i].type == TfLiteTensorType(t) && !is_pixels(s, &s->loaded[i]);
        s->stored[i] = raw || image_is_file(path) ? TfLiteTensorQuantizationParams(t)
                                                  : (TfLiteQuantizationParams){0, 0};
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

static bool load_file(samples *s, TfLiteInterpreter *p)
{
    const size_t file = s->next++ * s->files.n / s->picked;
    const char *path = s->files.paths[file];
    s->file = file + 1;
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

int samples_next(samples *s, TfLiteInterpreter *p)
{
    if (s->given >= s->limit)
        return 0;
    while (s->at >= s->in_file) {
        if (s->next >= s->picked)
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

bool samples_value(const samples *s, int i, const TfLiteTensor *t, value *v)
{
    const value *from = &s->now[i];
    const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t), own = s->stored[i];
    const int rank = TfLiteTensorNumDims(t);
    const bool pixels = is_pixels(s, from) && own.scale <= 0;
    const bool real = pixels || own.scale > 0 || value_kind_of(from->type) == VALUE_FLOAT;
    const bool scaled = q.scale > 0 && real && value_kind_of(TfLiteTensorType(t)) != VALUE_FLOAT;
    const size_t channels = rank > 0 ? (size_t)TfLiteTensorDim(t, rank - 1) : 1;
    const int dims[1] = {(int)from->count};
    if (i >= s->n_now)
        return false;
    value_make(v, TfLiteTensorType(t), 1, dims);
    const bool same = !pixels && from->type == TfLiteTensorType(t) && own.scale == q.scale &&
                      own.zero_point == q.zero_point;
    if (same)
        memcpy(v->data, from->data, v->bytes);
    for (size_t k = 0; !same && k < from->count; k++) {
        double x = value_real(from, k, 0);
        if (pixels)
            x = feed_scaled(&s->scaling, x, k % (channels ? channels : 1));
        else if (own.scale > 0)
            x = (x - own.zero_point) * (double)own.scale;
        value_store(v, k, scaled ? x / (double)q.scale + q.zero_point : x);
    }
    return true;
}

static bool feed_tensor(const samples *s, int i, TfLiteTensor *t)
{
    value v = {0};
    const bool ok =
        samples_value(s, i, t, &v) && TfLiteTensorCopyFromBuffer(t, v.data, v.bytes) == kTfLiteOk;
    value_free(&v);
    return ok;
}

bool samples_feed(const samples *s, TfLiteInterpreter *to)
{
    for (int i = 0; i < s->n_now; i++) {
        if (i < TfLiteInterpreterGetInputTensorCount(to) &&
            feed_tensor(s, i, TfLiteInterpreterGetInputTensor(to, i)))
            continue;
        tool_error("a sample does not fit input %d", i);
        return false;
    }
    return true;
}
