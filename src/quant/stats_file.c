/* SPDX-License-Identifier: Apache-2.0 */
/* stats_file.c: statistics as bytes.  A magic number, then whole numbers of 7 bits to a byte, least
 * significant first: model, samples, graphs; per graph its tensors, how many of them were seen, and
 * for each of these its number, arrays, bits of min and max, sums, odd values, channels with their
 * sums, and its octaves with their counts.  The same statistics give the same bytes. */
#include <math.h>
#include <string.h>

#include "quant/stats.h"

enum { MAGIC = 8, MAX_BYTES = 10, MAX_GRAPHS = 1 << 16 };
/* Of all graphs together, so that a few bytes do not ask for much memory. */
enum { MAX_TENSORS = 1 << 20 };
static const char magic[MAGIC] = {'L', 'N', 'S', 'T', 'A', 'T', 'S', '1'};

/* ---- writing ---- */

typedef struct writer {
    const ln_alloc *alloc;
    uint8_t *bytes;
    size_t n, capacity;
    bool failed;
} writer;

static void put(writer *w, uint64_t v)
{
    do {
        void *bytes = w->bytes;
        if (!ln_grow(w->alloc, &bytes, &w->capacity, w->n, 1)) {
            w->failed = true;
            return;
        }
        w->bytes = bytes;
        w->bytes[w->n++] = (uint8_t)((v & 127) | (v > 127 ? 128 : 0));
        v >>= 7;
    } while (v);
}

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static void put_stat(writer *w, const ln_stat *t)
{
    put(w, t->arrays);
    put(w, bits_of(t->min));
    put(w, bits_of(t->max));
    put(w, t->mins.high);
    put(w, t->mins.low);
    put(w, t->maxs.high);
    put(w, t->maxs.low);
    put(w, t->odd);
    put(w, (uint64_t)t->channels);
    put(w, t->rows);
    for (int c = 0; c < t->channels; c++) {
        put(w, t->sums[c].high);
        put(w, t->sums[c].low);
    }
    int octaves = 0;
    for (int o = 0; o < LN_STAT_OCTAVES; o++)
        octaves += t->octaves[o] != NULL;
    put(w, (uint64_t)octaves);
    for (int o = 0; o < LN_STAT_OCTAVES; o++) {
        if (!t->octaves[o])
            continue;
        put(w, (uint64_t)o);
        for (int i = 0; i < LN_STAT_PER_OCTAVE; i++)
            put(w, t->octaves[o][i]);
    }
}

ln_status ln_stats_write(const ln_stats *s, uint8_t **bytes, size_t *n)
{
    writer w = {.alloc = &s->alloc};
    for (int i = 0; i < MAGIC; i++)
        put(&w, (uint8_t)magic[i]);
    put(&w, s->model);
    put(&w, s->samples);
    put(&w, (uint64_t)s->n_graphs);
    for (int g = 0; g < s->n_graphs; g++) {
        int seen = 0;
        for (int i = 0; i < s->n_tensors[g]; i++)
            seen += s->tensors[g][i] != NULL;
        put(&w, (uint64_t)s->n_tensors[g]);
        put(&w, (uint64_t)seen);
        for (int i = 0; i < s->n_tensors[g]; i++) {
            if (!s->tensors[g][i])
                continue;
            put(&w, (uint64_t)i);
            put_stat(&w, s->tensors[g][i]);
        }
    }
    if (w.failed) {
        ln_free(&s->alloc, w.bytes);
        return LN_ERR_MEMORY;
    }
    *bytes = w.bytes;
    *n = w.n;
    return LN_OK;
}

/* ---- reading: the bytes may come from anywhere ---- */

typedef struct reader {
    const uint8_t *at, *end;
    bool failed;
} reader;

/* A number up to `most`. */
static uint64_t get(reader *r, uint64_t most)
{
    uint64_t v = 0;
    for (int i = 0; i < MAX_BYTES && r->at < r->end; i++) {
        const uint8_t byte = *r->at++;
        v |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            r->failed = r->failed || v > most;
            return v > most ? 0 : v;
        }
    }
    r->failed = true;
    return 0;
}

static float get_float(reader *r)
{
    const uint32_t bits = (uint32_t)get(r, UINT32_MAX);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static ln_status get_sums(reader *r, const ln_alloc *alloc, ln_stat *t)
{
    const uint64_t channels = get(r, LN_STAT_MAX_CHANNELS);
    t->rows = get(r, UINT64_MAX);
    if (r->failed || !channels)
        return r->failed ? LN_ERR_FORMAT : LN_OK;
    t->sums = ln_new(alloc, (size_t)channels, sizeof *t->sums);
    if (!t->sums)
        return LN_ERR_MEMORY;
    t->channels = (int)channels;
    for (int c = 0; c < t->channels; c++) {
        t->sums[c].high = get(r, UINT64_MAX);
        t->sums[c].low = get(r, UINT64_MAX);
    }
    return LN_OK;
}

static ln_status get_octaves(reader *r, const ln_alloc *alloc, ln_stat *t)
{
    const uint64_t n = get(r, LN_STAT_OCTAVES);
    for (uint64_t k = 0; k < n && !r->failed; k++) {
        const uint64_t o = get(r, LN_STAT_OCTAVES - 1);
        if (r->failed || t->octaves[o])
            return LN_ERR_FORMAT;
        t->octaves[o] = ln_new(alloc, LN_STAT_PER_OCTAVE, sizeof *t->octaves[o]);
        if (!t->octaves[o])
            return LN_ERR_MEMORY;
        for (int i = 0; i < LN_STAT_PER_OCTAVE; i++)
            t->octaves[o][i] = get(r, UINT64_MAX);
    }
    return r->failed ? LN_ERR_FORMAT : LN_OK;
}

static ln_status get_stat(reader *r, ln_stats *s, int graph)
{
    const uint64_t i = get(r, (uint64_t)s->n_tensors[graph]);
    if (r->failed || i == (uint64_t)s->n_tensors[graph] || s->tensors[graph][i])
        return LN_ERR_FORMAT;
    ln_stat *t = ln_new(&s->alloc, 1, sizeof *t);
    if (!t)
        return LN_ERR_MEMORY;
    s->tensors[graph][i] = t;
    t->arrays = get(r, UINT64_MAX);
    t->min = get_float(r);
    t->max = get_float(r);
    t->mins.high = get(r, UINT64_MAX);
    t->mins.low = get(r, UINT64_MAX);
    t->maxs.high = get(r, UINT64_MAX);
    t->maxs.low = get(r, UINT64_MAX);
    t->odd = get(r, UINT64_MAX);
    if (t->arrays && (!isfinite(t->min) || !isfinite(t->max) || t->min > t->max))
        return LN_ERR_FORMAT;
    LN_TRY(get_sums(r, &s->alloc, t));
    return get_octaves(r, &s->alloc, t);
}

static ln_status get_graph(reader *r, ln_stats *s, int graph, uint64_t *left)
{
    const uint64_t tensors = get(r, *left), seen = get(r, tensors);
    *left -= tensors;
    if (r->failed)
        return LN_ERR_FORMAT;
    s->tensors[graph] = ln_new(&s->alloc, (size_t)tensors + 1, sizeof **s->tensors);
    if (!s->tensors[graph])
        return LN_ERR_MEMORY;
    s->n_tensors[graph] = (int)tensors;
    for (uint64_t k = 0; k < seen; k++)
        LN_TRY(get_stat(r, s, graph));
    return LN_OK;
}

ln_status ln_stats_read(ln_stats **out, const uint8_t *bytes, size_t n, const ln_alloc *alloc,
                        ln_diag *diag)
{
    reader r = {.at = bytes, .end = bytes + n};
    ln_stats *s = NULL;
    *out = NULL;
    for (int i = 0; i < MAGIC; i++)
        r.failed = get(&r, UINT64_MAX) != (uint8_t)magic[i] || r.failed;
    const uint64_t model = get(&r, UINT64_MAX), samples = get(&r, UINT64_MAX);
    const uint64_t graphs = get(&r, MAX_GRAPHS);
    if (r.failed || graphs > n)
        return ln_fail(diag, LN_ERR_FORMAT, "this is no file of statistics");
    LN_TRY(ln_stats_create(&s, model, 0, NULL, alloc));
    s->samples = samples;
    ln_free(alloc, s->tensors);
    ln_free(alloc, s->n_tensors);
    s->tensors = ln_new(alloc, (size_t)graphs + 1, sizeof *s->tensors);
    s->n_tensors = ln_new(alloc, (size_t)graphs + 1, sizeof *s->n_tensors);
    ln_status status = s->tensors && s->n_tensors ? LN_OK : LN_ERR_MEMORY;
    uint64_t left = MAX_TENSORS;
    for (int g = 0; g < (int)graphs && status == LN_OK; g++) {
        s->n_graphs = g + 1;
        status = get_graph(&r, s, g, &left);
    }
    if (status == LN_OK && r.at != r.end)
        status = LN_ERR_FORMAT;
    if (status != LN_OK) {
        ln_stats_free(s);
        return ln_fail(diag, status, "the statistics are damaged");
    }
    *out = s;
    return LN_OK;
}
