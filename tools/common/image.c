/* SPDX-License-Identifier: Apache-2.0 */
/* image.c: names, sizes and scaling; decode.c reads the files. */
#include "common/image.h"

#include <string.h>

#include "common/tool.h"

/* A file's header may claim any size; this is more than any camera gives. */
enum { MAX_SIDE = 32768, MAX_PIXELS = 1 << 28 };

static bool has_tail(const char *path, const char *tail)
{
    char end[8] = "";
    const size_t n = strlen(path), m = strlen(tail);
    if (n < m)
        return false;
    for (size_t i = 0; i < m; i++) {
        const char c = path[n - m + i];
        end[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return strcmp(end, tail) == 0;
}

bool image_is_file(const char *path)
{
    return has_tail(path, ".png") || has_tail(path, ".jpg") || has_tail(path, ".jpeg");
}

bool image_make(image *m, int width, int height, int channels)
{
    if (width <= 0 || height <= 0 || width > MAX_SIDE || height > MAX_SIDE ||
        width > MAX_PIXELS / height)
        return false;
    *m = (image){width, height, channels, NULL};
    m->pixels = tool_new((size_t)width * (size_t)height, (size_t)channels);
    return true;
}

bool image_read(image *m, const char *path, int channels)
{
    char why[256] = "";
    memset(m, 0, sizeof *m);
    const bool ok = (has_tail(path, ".png") ? image_read_png : image_read_jpeg)(m, path, channels,
                                                                                why, sizeof why);
    if (!ok) {
        tool_error("%s: %s", path, why);
        image_free(m);
    }
    return ok;
}

void image_free(image *m)
{
    tool_free(m->pixels);
    memset(m, 0, sizeof *m);
}

/* Where output pixel `i` of `to` lies among `from` pixels: two neighbors and a weight. */
typedef struct tap {
    int low, high;
    float weight;
} tap;

static tap tap_at(int i, int to, int from)
{
    float x = ((float)i + 0.5f) * (float)from / (float)to - 0.5f;
    x = x < 0 ? 0 : x > (float)(from - 1) ? (float)(from - 1) : x;
    const int low = (int)x;
    return (tap){low, low + 1 < from ? low + 1 : low, x - (float)low};
}

void image_resize(image *to, const image *from, int width, int height)
{
    if (!image_make(to, width, height, from->channels))
        return;
    const int c = from->channels;
    for (int y = 0; y < height; y++) {
        const tap v = tap_at(y, height, from->height);
        for (int x = 0; x < width; x++) {
            const tap h = tap_at(x, width, from->width);
            for (int k = 0; k < c; k++) {
                const uint8_t *top = from->pixels + (size_t)v.low * (size_t)(from->width * c) + k;
                const uint8_t *low = from->pixels + (size_t)v.high * (size_t)(from->width * c) + k;
                const float a =
                    (float)top[h.low * c] * (1 - h.weight) + (float)top[h.high * c] * h.weight;
                const float b =
                    (float)low[h.low * c] * (1 - h.weight) + (float)low[h.high * c] * h.weight;
                to->pixels[((size_t)y * (size_t)width + (size_t)x) * (size_t)c + (size_t)k] =
                    (uint8_t)(a * (1 - v.weight) + b * v.weight + 0.5f);
            }
        }
    }
}
