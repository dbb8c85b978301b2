/* SPDX-License-Identifier: Apache-2.0 */
/* color.c: the colors of classes; boxes, text and masks in an image. */
#include "media/color.h"

#include "base/compiler.h"

enum { FIRST = ' ', LAST = '~', ACROSS = 5, DOWN = 7 };

/* A letter's points, rows from the top, from left to right, beginning with bit 34. */
static const uint64_t letters[LAST - FIRST + 1] = {
    0x000000000ULL, 0x108421004ULL, 0x294a00000ULL, 0x295f57d4aULL, 0x11f4717c4ULL, 0x632222263ULL,
    0x32544564dULL, 0x108800000ULL, 0x088842082ULL, 0x208210888ULL, 0x009575480ULL, 0x0084f9080ULL,
    0x000003088ULL, 0x0000f8000ULL, 0x00000018cULL, 0x002222200ULL, 0x3a33ae62eULL, 0x11842108eULL,
    0x3a211111fULL, 0x7c441062eULL, 0x08ca97c42ULL, 0x7e1e0862eULL, 0x1910f462eULL, 0x7c2222108ULL,
    0x3a317462eULL, 0x3a317844cULL, 0x018c03180ULL, 0x018c03088ULL, 0x088882082ULL, 0x001f07c00ULL,
    0x208208888ULL, 0x3a2111004ULL, 0x3a216d6aeULL, 0x3a318fe31ULL, 0x7a31f463eULL, 0x3a308422eULL,
    0x72518c65cULL, 0x7e10f421fULL, 0x7e10f4210ULL, 0x3a30bc62fULL, 0x4631fc631ULL, 0x38842108eULL,
    0x1c4210a4cULL, 0x4654c5251ULL, 0x42108421fULL, 0x4775ac631ULL, 0x4639ace31ULL, 0x3a318c62eULL,
    0x7a31f4210ULL, 0x3a318d64dULL, 0x7a31f5251ULL, 0x3e107043eULL, 0x7c8421084ULL, 0x46318c62eULL,
    0x46318c544ULL, 0x4631ad6aaULL, 0x462a22a31ULL, 0x463151084ULL, 0x7c222221fULL, 0x39084210eULL,
    0x020820820ULL, 0x38421084eULL, 0x115100000ULL, 0x00000001fULL, 0x208200000ULL, 0x000e0be2fULL,
    0x4216cc63eULL, 0x000e8422eULL, 0x042d9c62fULL, 0x000e8fe0eULL, 0x1928e2108ULL, 0x01f18bc2eULL,
    0x4216cc631ULL, 0x100c2108eULL, 0x080610a4cULL, 0x4212a6292ULL, 0x30842108eULL, 0x001aad631ULL,
    0x0016cc631ULL, 0x000e8c62eULL, 0x001e8fa10ULL, 0x000d9bc21ULL, 0x0016cc210ULL, 0x000e8383eULL,
    0x211c42126ULL, 0x00118c66dULL, 0x00118c544ULL, 0x00118d6aaULL, 0x001151151ULL, 0x00118bc2eULL,
    0x001f1111fULL, 0x088441082ULL, 0x108421084ULL, 0x208411088ULL, 0x0008a8800ULL,
};

void ln_class_color(int i, uint8_t rgb[3])
{
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int bit = 7; i > 0; i >>= 3, bit--) {
        rgb[0] |= (uint8_t)((i & 1) << bit);
        rgb[1] |= (uint8_t)((i >> 1 & 1) << bit);
        rgb[2] |= (uint8_t)((i >> 2 & 1) << bit);
    }
}

static void fill(const ln_canvas *to, const ln_box *box, const uint8_t rgb[3])
{
    const int64_t right = LN_MIN((int64_t)box->x + box->width, to->width);
    const int64_t below = LN_MIN((int64_t)box->y + box->height, to->height);
    for (int64_t y = LN_MAX(box->y, 0); y < below; y++) {
        for (int64_t x = LN_MAX(box->x, 0); x < right; x++) {
            uint8_t *p = to->pixels + 3 * (y * to->width + x);
            p[0] = rgb[0];
            p[1] = rgb[1];
            p[2] = rgb[2];
        }
    }
}

void ln_draw_box(const ln_canvas *to, const ln_box *box, int thick, const uint8_t rgb[3])
{
    const int64_t right = LN_MIN((int64_t)box->x + box->width, to->width);
    const int64_t below = LN_MIN((int64_t)box->y + box->height, to->height);
    const int x = LN_MAX(box->x, 0), y = LN_MAX(box->y, 0);
    const int width = (int)(right - x), height = (int)(below - y);
    const ln_box sides[4] = {{x, y, width, thick},
                             {x, y + height - thick, width, thick},
                             {x, y, thick, height},
                             {x + width - thick, y, thick, height}};
    if (width <= 0 || height <= 0)
        return;
    for (int i = 0; i < 4; i++)
        fill(to, &sides[i], rgb);
}

void ln_text_size(const char *text, int size, int *width, int *height)
{
    int n = 0;
    while (text[n] && n < 1000)
        n++;
    *width = (n * (ACROSS + 1) + 1) * size;
    *height = (DOWN + 2) * size;
}

/* White on dark fields, black on light ones. */
static uint8_t ink_on(const uint8_t rgb[3])
{
    return 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] < 128 * 1000 ? 255 : 0;
}

static void draw_letter(const ln_canvas *to, int x, int y, int size, unsigned char c, uint8_t ink)
{
    const uint8_t rgb[3] = {ink, ink, ink};
    const uint64_t points = letters[(c >= FIRST && c <= LAST ? c : '?') - FIRST];
    for (int i = 0; i < ACROSS * DOWN; i++) {
        const ln_box point = {x + i % ACROSS * size, y + i / ACROSS * size, size, size};
        if (points >> (ACROSS * DOWN - 1 - i) & 1)
            fill(to, &point, rgb);
    }
}

void ln_draw_text(const ln_canvas *to, int x, int y, int size, const char *text,
                  const uint8_t rgb[3])
{
    ln_box field = {x, y, 0, 0};
    ln_text_size(text, size, &field.width, &field.height);
    fill(to, &field, rgb);
    for (int i = 0; text[i] && i < 1000; i++)
        draw_letter(to, x + (i * (ACROSS + 1) + 1) * size, y + size, size, (unsigned char)text[i],
                    ink_on(rgb));
}

void ln_bright_color(int i, uint8_t rgb[3])
{
    enum { TURN = 6 * 256, STEP = 587 }; /* the golden section of a turn: neighbors differ most */
    const int hue = (int)((int64_t)i * STEP % TURN), part = hue % 256;
    static const uint8_t rising[6] = {1, 0, 2, 1, 0, 2}, full[6] = {0, 1, 1, 2, 2, 0};
    const int sextant = hue / 256;
    rgb[0] = rgb[1] = rgb[2] = 40;
    rgb[full[sextant]] = 255;
    rgb[rising[sextant]] = (uint8_t)(40 + (sextant % 2 ? 255 - part : part) * 215 / 255);
}

/* Where a canvas's pixel lies between two columns (or rows) of classes. */
typedef struct place {
    int first, second;
    int64_t weight; /* of the second, of 2 * pixels; the first has the rest */
} place;

static place place_of(int at, int pixels, int classes)
{
    const int64_t twice = 2 * (int64_t)pixels;
    const int64_t where = LN_MAX((2 * (int64_t)at + 1) * classes - pixels, 0);
    const int first = (int)LN_MIN(where / twice, classes - 1);
    return (place){first, LN_MIN(first + 1, classes - 1), where - first * twice};
}

/* The class with the greatest part in the four that a pixel lies between. */
static int class_at(const ln_canvas *to, const ln_classes *c, int x, int y)
{
    const place h = place_of(LN_MAX(0, LN_MIN(x, to->width - 1)), to->width, c->width);
    const place v = place_of(LN_MAX(0, LN_MIN(y, to->height - 1)), to->height, c->height);
    const uint8_t *const above = c->classes + (size_t)v.first * (size_t)c->width;
    const uint8_t *const below = c->classes + (size_t)v.second * (size_t)c->width;
    const int four[4] = {above[h.first], above[h.second], below[h.first], below[h.second]};
    const int64_t across[2] = {2 * (int64_t)to->width - h.weight, h.weight};
    const int64_t down[2] = {2 * (int64_t)to->height - v.weight, v.weight};
    int64_t most = -1;
    int best = 0;

    for (int i = 0; i < 4; i++) {
        int64_t sum = 0;
        for (int k = 0; k < 4; k++)
            sum += four[k] == four[i] ? across[k % 2] * down[k / 2] : 0;
        if (sum > most) {
            most = sum;
            best = four[i];
        }
    }
    return best;
}

void ln_draw_classes(const ln_canvas *to, const ln_classes *c, int thick)
{
    for (int y = 0; y < to->height; y++) {
        for (int x = 0; x < to->width; x++) {
            const int class = class_at(to, c, x, y);
            uint8_t *p = to->pixels + 3 * ((size_t)y * (size_t)to->width + (size_t)x), rgb[3];
            if (class == 0)
                continue;
            const bool edge =
                class_at(to, c, x - thick, y) != class || class_at(to, c, x + thick, y) != class ||
                class_at(to, c, x, y - thick) != class || class_at(to, c, x, y + thick) != class;
            ln_class_color(class, rgb);
            for (int k = 0; k < 3; k++)
                p[k] = edge ? rgb[k] : (uint8_t)((p[k] + rgb[k] + 1) / 2);
        }
    }
}
