/* SPDX-License-Identifier: Apache-2.0 */
/* pixels.c: scaling, orientation, pixel formats, image files. */
#include "media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/color.h"
#include "media/convert.h"
#include "media/image.h"
#include "media/jpeg_rows.h"

static uint8_t image_7x5[5 * 7 * 3];

static void fill_image(void)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 7; x++)
            for (int k = 0; k < 3; k++)
                image_7x5[(y * 7 + x) * 3 + k] = (uint8_t)(x * 37 + y * 91 + k * 53);
}

/* What libyuv's formulas give for the image above, computed apart, with numpy. */
static void scales_as_libyuv(void **state)
{
    static const uint8_t small[] = {92, 144, 197, 177, 230, 92,  72,  104, 114,
                                    64, 116, 169, 149, 138, 191, 171, 161, 86};
    static const uint8_t first[] = {18, 70, 123, 69, 122, 155, 121, 173, 194, 159, 193, 156};
    const ln_plane from = {image_7x5, 21, 3, 3, 7, 5};
    ln_tap columns[8];
    ln_scaler s;
    uint8_t row[24];

    (void)state;
    fill_image();
    ln_scaler_init(&s, &from, 3, 2, columns);
    for (int j = 0; j < 2; j++) {
        ln_scaler_row(&s, j, row);
        assert_memory_equal(row, small + 9 * j, 9);
    }
    ln_scaler_init(&s, &from, 5, 4, columns);
    ln_scaler_row(&s, 0, row);
    assert_memory_equal(row, first, sizeof first);
    ln_scaler_init(&s, &from, 7, 5, columns); /* the size as it is: a copy */
    for (int j = 0; j < 5; j++) {
        ln_scaler_row(&s, j, row);
        assert_memory_equal(row, image_7x5 + 21 * j, 21);
    }
}

/* Scaling up keeps the corners, but for the 127 of 128 parts of libyuv's weights. */
static void scales_up_between_corners(void **state)
{
    const ln_plane from = {image_7x5, 21, 3, 3, 7, 5};
    ln_tap columns[20];
    ln_scaler s;
    uint8_t row[60];

    (void)state;
    fill_image();
    ln_scaler_init(&s, &from, 20, 10, columns);
    ln_scaler_row(&s, 0, row);
    assert_int_equal(row[1], (image_7x5[1] * 127) >> 7);
    assert_true(abs(row[59] - image_7x5[20]) <= 2);
}

static void means_of_four(void **state)
{
    static const uint8_t gray[] = {0, 10, 20, 30, 2, 14, 21, 33};
    const ln_plane from = {gray, 4, 1, 1, 4, 2};
    ln_tap columns[2];
    ln_scaler s;
    uint8_t row[2];

    (void)state;
    ln_scaler_init(&s, &from, 2, 1, columns);
    ln_scaler_row(&s, 0, row);
    assert_int_equal(row[0], (0 + 10 + 2 + 14 + 2) / 4);
    assert_int_equal(row[1], (20 + 30 + 21 + 33 + 2) / 4);
}

/* Where EXIF says that row 0 and column 0 are seen: the table of its specification. */
/* Colors are rounded twice, up both times, but for those past the last four: libyuv on x86. */
static void means_of_colors(void **state)
{
    uint8_t colors[2 * 10 * 3] = {0}, row[15];
    const ln_plane from = {colors, 30, 3, 3, 10, 2};
    ln_tap columns[5];
    ln_scaler s;

    (void)state;
    for (int i = 0; i < 10; i += 2)
        colors[3 * i] = 1;
    ln_scaler_init(&s, &from, 5, 1, columns);
    ln_scaler_row(&s, 0, row);
    assert_true(row[0] == 1 && row[9] == 1 && row[12] == 0);
    ln_scaler_init(&s, &from, 2, 2, columns); /* 5 to 1 across, rows as they are: picks */
    ln_scaler_row(&s, 1, row);
    assert_true(row[0] == 0 && row[3] == 0);
    ln_scaler_row(&s, 0, row);
    assert_true(row[0] == colors[6] && row[3] == colors[21]);
}

static void turns_as_exif_says(void **state)
{
    enum { W = 4, H = 3 };
    static const int corner[9][2] = {{0, 0}, {0, 0},     {W - 1, 0},     {W - 1, H - 1}, {0, H - 1},
                                     {0, 0}, {H - 1, 0}, {H - 1, W - 1}, {0, W - 1}};
    (void)state;
    for (int o = 1; o <= 8; o++) {
        int x = 0, y = 0;
        bool seen[W * H] = {false};
        ln_orient_point(o, W, H, &x, &y);
        assert_int_equal(x, corner[o][0]);
        assert_int_equal(y, corner[o][1]);
        for (int i = 0; i < W * H; i++) {
            const int wide = ln_orientation_turns(o) ? H : W;
            x = i % W;
            y = i / W;
            ln_orient_point(o, W, H, &x, &y);
            assert_false(seen[y * wide + x]);
            seen[y * wide + x] = true;
            const ln_box pixel = {x, y, 1, 1}, back = ln_unorient_box(o, W, H, &pixel);
            assert_int_equal(back.x, i % W);
            assert_int_equal(back.y, i / W);
        }
    }
}

static void convert(const ln_frame *frame, const ln_pixel_table *table, void *to, int width,
                    int height)
{
    const ln_target target = {to, width, height, {0, 0, width, height}};
    ln_converter c;
    ln_converter_init(&c, &ln_alloc_default);
    assert_int_equal(ln_convert_frame(&c, frame, NULL, table, &target, NULL), LN_OK);
    ln_converter_deinit(&c);
}

static void turns_while_converting(void **state)
{
    const ln_frame frame = {
        .format = LN_PIXEL_RGB, .width = 7, .height = 5, .orientation = 6, .planes = {image_7x5}};
    ln_pixel_table table;
    uint8_t out[7 * 5 * 3];

    (void)state;
    fill_image();
    ln_pixel_table_plain(&table, LN_PIXEL_U8, 3);
    convert(&frame, &table, out, 5, 7);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 7; x++)
            assert_memory_equal(out + (x * 5 + 4 - y) * 3, image_7x5 + (y * 7 + x) * 3, 3);
}

/* Black, white, and the primaries in BT.601. */
static void yuv_colors(void **state)
{
    static const struct {
        int y, u, v;
        uint8_t rgb[3];
    } known[] = {{16, 128, 128, {0, 0, 0}},
                 {235, 128, 128, {255, 255, 255}},
                 {82, 90, 240, {255, 1, 0}},
                 {145, 54, 34, {0, 255, 1}},
                 {41, 240, 110, {0, 0, 253}}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t rgb[3];
        ln_yuv_to_rgb(known[i].y, known[i].u, known[i].v, rgb);
        for (int k = 0; k < 3; k++)
            assert_true(abs(rgb[k] - known[i].rgb[k]) <= 2);
    }
}

/* The same picture in all YUV formats gives the same pixels. */
static void yuv_formats_agree(void **state)
{
    enum { W = 8, H = 6, C = W / 2 * (H / 2) };
    uint8_t y[W * H], u[C], v[C], bytes[W * H * 2], first[4 * 4 * 3], out[4 * 4 * 3];
    ln_pixel_table table;

    (void)state;
    ln_pixel_table_plain(&table, LN_PIXEL_U8, 3);
    for (int i = 0; i < W * H; i++)
        y[i] = (uint8_t)(16 + i * 4);
    for (int i = 0; i < C; i++) {
        u[i] = (uint8_t)(60 + i * 10);
        v[i] = (uint8_t)(200 - i * 9);
    }
    for (int f = LN_PIXEL_NV12; f <= LN_PIXEL_YV21; f++) {
        const ln_frame frame = {
            .format = (ln_pixel_format)f, .width = W, .height = H, .planes = {bytes}};
        memcpy(bytes, y, sizeof y);
        for (int i = 0; i < C; i++) {
            if (f == LN_PIXEL_NV12 || f == LN_PIXEL_NV21) {
                bytes[W * H + 2 * i] = f == LN_PIXEL_NV12 ? u[i] : v[i];
                bytes[W * H + 2 * i + 1] = f == LN_PIXEL_NV12 ? v[i] : u[i];
            } else {
                bytes[W * H + i] = f == LN_PIXEL_YV21 ? u[i] : v[i];
                bytes[W * H + C + i] = f == LN_PIXEL_YV21 ? v[i] : u[i];
            }
        }
        convert(&frame, &table, f == LN_PIXEL_NV12 ? first : out, 4, 4);
        if (f != LN_PIXEL_NV12)
            assert_memory_equal(out, first, sizeof first);
    }
}

/* A picture of one color stays that in any format, size and normalization. */
static void normalizes(void **state)
{
    uint8_t bytes[1920 * 2];
    const ln_frame frame = {.format = LN_PIXEL_YUY2, .width = 960, .height = 2, .planes = {bytes}};
    const float mean[1] = {127.5f}, std[1] = {127.5f};
    ln_pixel_table table;
    float out[6 * 3 * 3];
    uint8_t rgb[3];

    (void)state;
    for (int i = 0; i < 1920; i += 2) {
        bytes[2 * i] = bytes[2 * i + 2] = 120;
        bytes[2 * i + 1] = 100;
        bytes[2 * i + 3] = 150;
    }
    ln_yuv_to_rgb(120, 100, 150, rgb);
    ln_pixel_table_normalize(&table, 3, mean, std, 1);
    convert(&frame, &table, out, 6, 3);
    for (int i = 0; i < 6 * 3 * 3; i++)
        assert_true(out[i] == 1 / 127.5f * ((float)rgb[i % 3] - 127.5f));
    ln_pixel_table_quantize(&table, 1 / 64.0f, 3);
    int8_t small[3];
    convert(&frame, &table, small, 1, 1);
    for (int k = 0; k < 3; k++)
        assert_true(abs(small[k] - 3 - (int)(64 * (rgb[k] - 127.5) / 127.5)) <= 1);
}

static void letterboxes(void **state)
{
    const ln_box wide = ln_letterbox(200, 100, 50, 50), tall = ln_letterbox(1, 1000, 50, 50);
    (void)state;
    assert_true(wide.x == 0 && wide.y == 12 && wide.width == 50 && wide.height == 25);
    assert_true(tall.x == 24 && tall.y == 0 && tall.width == 1 && tall.height == 50);
}

static void refuses_wrong_frames(void **state)
{
    uint8_t bytes[12] = {0};
    const ln_frame good = {.format = LN_PIXEL_RGB, .width = 2, .height = 2, .planes = {bytes}};
    ln_planes planes;
    (void)state;
    assert_int_equal(ln_frame_planes(&planes, &good, NULL, NULL), LN_OK);
    ln_frame bad = good;
    bad.planes[0] = NULL;
    assert_int_equal(ln_frame_planes(&planes, &bad, NULL, NULL), LN_ERR_ARGUMENT);
    bad = good;
    bad.strides[0] = 5;
    assert_int_equal(ln_frame_planes(&planes, &bad, NULL, NULL), LN_ERR_ARGUMENT);
    bad = good;
    bad.width = 1 << 30;
    assert_int_equal(ln_frame_planes(&planes, &bad, NULL, NULL), LN_ERR_ARGUMENT);
    const ln_box outside[] = {{1, 0, 2, 1}, {-1, 0, 1, 1}, {0, 0, 0, 1}, {INT32_MAX, 0, 2, 1}};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(ln_frame_planes(&planes, &good, &outside[i], NULL), LN_ERR_ARGUMENT);
}

static size_t read_data(const char *name, uint8_t *to, size_t room)
{
    char path[300];
    snprintf(path, sizeof path, LINNET_TEST_DATA "/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(to, 1, room, f);
    fclose(f);
    return n;
}

static void png_there_and_back(void **state)
{
    ln_pixels p;
    uint8_t *file;
    size_t n;
    (void)state;
    fill_image();
    assert_int_equal(ln_encode_png(&file, &n, image_7x5, 7, 5, &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_image_decode_bytes(&p, file, n, 35, &ln_alloc_default, NULL), LN_OK);
    assert_true(p.width == 7 && p.height == 5 && p.orientation == 1);
    assert_memory_equal(p.data, image_7x5, sizeof image_7x5);
    ln_free(&ln_alloc_default, p.data);
    assert_int_equal(ln_image_decode_bytes(&p, file, n, 34, &ln_alloc_default, NULL),
                     LN_ERR_UNSUPPORTED);
    assert_int_equal(ln_image_decode_bytes(&p, file, n - 20, 35, &ln_alloc_default, NULL),
                     LN_ERR_FORMAT);
    ln_free(&ln_alloc_default, file);
}

/* 16 bits and a gamma of 1: the upper bytes as they are, without the fourth value. */
static void png_keeps_values(void **state)
{
    uint8_t file[1000];
    ln_pixels p;
    const size_t n = read_data("deep.png", file, sizeof file);
    (void)state;
    assert_int_equal(ln_image_decode_bytes(&p, file, n, 6, &ln_alloc_default, NULL), LN_OK);
    assert_true(p.width == 3 && p.height == 2);
    for (int i = 0; i < 18; i++)
        assert_int_equal(p.data[i], i / 9 * 100 + i / 3 % 3 * 40 + i % 3 * 10);
    ln_free(&ln_alloc_default, p.data);
}

/* 3 x 1 pixels of 4 bits with 3 colors; the last one names a fourth. */
static void reads_bmp_with_palette(void **state)
{
    uint8_t file[54 + 12 + 4] = "BM";
    static const uint8_t rgb[9] = {13, 12, 11, 3, 2, 1, 0, 0, 0};
    ln_pixels p;
    (void)state;
    file[10] = 66;
    file[14] = 40;
    file[18] = 3;
    file[22] = file[26] = 1;
    file[28] = 4;
    file[46] = 3;
    for (int i = 0; i < 12; i++)
        file[54 + i] = (uint8_t)(i / 4 * 5 + i % 4 + 1);
    file[66] = 0x20;
    file[67] = 0x30;
    assert_int_equal(ln_image_decode_bytes(&p, file, sizeof file, 3, &ln_alloc_default, NULL),
                     LN_OK);
    assert_memory_equal(p.data, rgb, 9);
    ln_free(&ln_alloc_default, p.data);
}

/* 2 x 2 pixels of 24 bits, rows from below, each with 2 bytes of padding. */
static void reads_bmp(void **state)
{
    uint8_t file[54 + 16] = "BM";
    static const uint8_t rows[16] = {1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0};
    static const uint8_t rgb[12] = {9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4};
    ln_pixels p;
    (void)state;
    file[10] = 54;
    file[14] = 40;
    file[18] = file[22] = 2;
    file[26] = 1;
    file[28] = 24;
    memcpy(file + 54, rows, 16);
    assert_int_equal(ln_image_decode_bytes(&p, file, sizeof file, 4, &ln_alloc_default, NULL),
                     LN_OK);
    assert_memory_equal(p.data, rgb, 12);
    ln_free(&ln_alloc_default, p.data);
    assert_int_equal(ln_image_decode_bytes(&p, file, sizeof file - 1, 4, &ln_alloc_default, NULL),
                     LN_ERR_FORMAT);
}

/* Each value counts by its place; the sums are those of the pixels that tflite-support 0.4.4
 * reads: progressive and 4:2:0, 4:2:2, CMYK. */
static void jpeg_has_the_task_librarys_pixels(void **state)
{
    static const struct {
        const char *name;
        uint64_t sum;
    } files[] = {
        {"halved.jpg", 10963128}, {"halved_across.jpg", 10983475}, {"four_colors.jpg", 10995780}};
    uint8_t file[1000];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ln_pixels p;
        uint64_t sum = 0;
        const size_t n = read_data(files[i].name, file, sizeof file);
        assert_int_equal(ln_image_decode_bytes(&p, file, n, 143, &ln_alloc_default, NULL), LN_OK);
        assert_true(p.width == 13 && p.height == 11);
        for (size_t k = 0; k < 13 * 11 * 3; k++)
            sum += (k + 1) * p.data[k];
        assert_int_equal(sum, files[i].sum);
        ln_free(&ln_alloc_default, p.data);
    }
}

/* 16 x 8 pixels, red on the left, blue on the right, to be turned right. */
static void reads_jpeg_with_orientation(void **state)
{
    uint8_t file[4000];
    ln_pixels p;
    const size_t n = read_data("turned.jpg", file, sizeof file);
    (void)state;
    assert_int_equal(ln_image_decode_bytes(&p, file, n, 1000, &ln_alloc_default, NULL), LN_OK);
    assert_true(p.width == 16 && p.height == 8 && p.orientation == 6);
    assert_true(p.data[0] > 250 && p.data[2] < 5 && p.data[45] < 5 && p.data[47] > 250);
    ln_free(&ln_alloc_default, p.data);
    assert_int_equal(ln_image_decode_bytes(&p, file, 100, 1000, &ln_alloc_default, NULL),
                     LN_ERR_FORMAT);
}

static void draws(void **state)
{
    uint8_t pixels[40 * 30 * 3] = {0};
    const ln_canvas canvas = {pixels, 40, 30};
    const ln_box box = {-5, 10, 20, 100};
    static const uint8_t green[3] = {0, 255, 0}, classes[2] = {0, 15};
    uint8_t rgb[3];
    int width, height, set = 0;

    (void)state;
    ln_class_color(15, rgb);
    assert_true(rgb[0] == 192 && rgb[1] == 128 && rgb[2] == 128); /* person in Pascal VOC */
    ln_draw_box(&canvas, &box, 2, green);
    assert_int_equal(pixels[(10 * 40 + 3) * 3 + 1], 255);
    assert_int_equal(pixels[(9 * 40 + 3) * 3 + 1], 0);
    assert_int_equal(pixels[(20 * 40 + 14) * 3 + 1], 255);
    assert_int_equal(pixels[(20 * 40 + 0) * 3 + 1], 255); /* sides beyond the edge are at it */
    assert_int_equal(pixels[(29 * 40 + 7) * 3 + 1], 255);
    assert_int_equal(pixels[(20 * 40 + 7) * 3 + 1], 0);
    ln_text_size("Ab", 1, &width, &height);
    assert_true(width == 13 && height == 9);
    ln_draw_text(&canvas, 0, 0, 1, "Ab\xff", green);
    for (int i = 0; i < 9 * 40; i++)
        set += pixels[3 * i + 1] == 255;
    assert_true(set > 9 * 10 && set < 9 * 19); /* letters are black on the field */
    ln_draw_text(&canvas, 20, 0, 1, "I", (const uint8_t[3]){64, 0, 128});
    assert_int_equal(pixels[(1 * 40 + 23) * 3], 255); /* and white on a dark one */
    for (int i = 0; i < 90; i++) {
        uint8_t next[3];
        ln_bright_color(i, rgb);
        ln_bright_color(i + 1, next);
        assert_int_equal(LN_MAX(rgb[0], LN_MAX(rgb[1], rgb[2])), 255);
        assert_true(abs(rgb[0] - next[0]) + abs(rgb[1] - next[1]) + abs(rgb[2] - next[2]) > 150);
    }
    ln_draw_classes(&canvas, &(ln_classes){classes, 2, 1}, 1);
    assert_int_equal(pixels[(29 * 40 + 39) * 3], 96);  /* half black, half the class */
    assert_int_equal(pixels[(29 * 40 + 20) * 3], 192); /* the region's edge */
    assert_int_equal(pixels[(29 * 40 + 19) * 3], 0);
}

/* The loops for this processor give what those for any do, on sparse and dense blocks, up to the
 * largest coefficients. */
static void makes_same_jpeg_rows(void **state)
{
    enum { BLOCKS = 64, WIDTH = BLOCKS * LN_JPEG_SIDE, MOST = 2 * WIDTH };
    static int16_t blocks[BLOCKS][LN_JPEG_BLOCK];
    static uint8_t samples[2][LN_JPEG_SIDE * WIDTH], rows[2][3 * MOST];
    const ln_jpeg_rows *const both[] = {&ln_jpeg_rows_portable, ln_jpeg_rows_best()};
    uint16_t scale[LN_JPEG_BLOCK];
    uint32_t random = 1;

    (void)state;
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < LN_JPEG_BLOCK; i++) {
            random = random * 1664525u + 1013904223u;
            scale[i] = (uint16_t)(1 + (random >> 20) % 40);
            blocks[b][i] = (int16_t)(i % 8 > b % 9 || i > b * 2 ? 0 : (int)(random >> 16) - 32768);
            if (b % 4)
                blocks[b][i] = (int16_t)(blocks[b][i] / 200);
        }
    for (int k = 0; k < 2; k++)
        both[k]->blocks((const int16_t(*)[LN_JPEG_BLOCK])blocks, BLOCKS, scale, samples[k], WIDTH);
    assert_memory_equal(samples[0], samples[1], sizeof samples[0]);
    const uint8_t *const s = samples[0], *const colors[] = {s, s + WIDTH, s + 2 * WIDTH};
    for (int n = 1; n <= WIDTH; n += n < 40 ? 1 : 59) {
        for (int how = 0; how < 4; how++) {
            for (int k = 0; k < 2; k++) {
                memset(rows[k], 0, sizeof rows[k]);
                if (how == 0)
                    both[k]->blend_down(s, s + WIDTH, n, rows[k]);
                else if (how == 1)
                    both[k]->blend_across(s, n, rows[k]);
                else if (how == 2)
                    both[k]->blend_both(s, s + WIDTH, n, rows[k]);
                else
                    both[k]->colors(colors, n, rows[k]);
            }
            assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
        }
    }
}

void media_pixels(int *failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_as_libyuv),
        cmocka_unit_test(scales_up_between_corners),
        cmocka_unit_test(means_of_four),
        cmocka_unit_test(means_of_colors),
        cmocka_unit_test(turns_as_exif_says),
        cmocka_unit_test(turns_while_converting),
        cmocka_unit_test(yuv_colors),
        cmocka_unit_test(yuv_formats_agree),
        cmocka_unit_test(normalizes),
        cmocka_unit_test(letterboxes),
        cmocka_unit_test(refuses_wrong_frames),
        cmocka_unit_test(png_there_and_back),
        cmocka_unit_test(png_keeps_values),
        cmocka_unit_test(reads_bmp),
        cmocka_unit_test(reads_bmp_with_palette),
        cmocka_unit_test(jpeg_has_the_task_librarys_pixels),
        cmocka_unit_test(reads_jpeg_with_orientation),
        cmocka_unit_test(draws),
        cmocka_unit_test(makes_same_jpeg_rows),
    };
    *failed += cmocka_run_group_tests_name("pixels", tests, NULL, NULL);
}
