/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: how long the one pass of src/media/convert.c takes to make a model's input of a camera's
 * frame, in microseconds.  worker.py has the same by OpenCV ("frame").
 *
 *     bench_frame [REPEATS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "media/convert.h"

enum { WIDTH = 1920, HEIGHT = 1080, SIDE = 224 };

static const float mean[] = {127.5f}, std[] = {127.5f};
static uint8_t frame_bytes[WIDTH * HEIGHT * 3];
static float tensor[SIDE * SIDE * 3];

static void convert(const ln_frame *frame)
{
    static ln_converter c;
    static ln_pixel_table table;
    const ln_target target = {tensor, SIDE, SIDE, {0, 0, SIDE, SIDE}};
    if (!c.alloc) {
        ln_converter_init(&c, &ln_alloc_default);
        ln_pixel_table_normalize(&table, 3, mean, std, 1);
    }
    if (ln_convert_frame(&c, frame, NULL, &table, &target, NULL) != LN_OK)
        exit(1);
}

static double fastest(const ln_frame *frame, int repeats)
{
    double best = 1e30;
    for (int i = 0; i < repeats; i++) {
        const uint64_t begin = ln_now_ns();
        convert(frame);
        const double took = (double)(ln_now_ns() - begin) * 1e-3;
        best = took < best ? took : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        ln_pixel_format format;
    } formats[] = {{"NV21", LN_PIXEL_NV21},
                   {"YV12", LN_PIXEL_YV12},
                   {"YUY2", LN_PIXEL_YUY2},
                   {"RGB", LN_PIXEL_RGB}};
    const int repeats = argc > 1 ? atoi(argv[1]) : 200;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        frame_bytes[i] = (uint8_t)(i * 7 + i / WIDTH * 13);
    printf("%d x %d to %d x %d x 3 float32, normalized; us, fastest of %d\n", WIDTH, HEIGHT, SIDE,
           SIDE, repeats);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const ln_frame frame = {
            .format = formats[i].format, .width = WIDTH, .height = HEIGHT, .planes = {frame_bytes}};
        printf("%-6s %8.1f\n", formats[i].name, fastest(&frame, repeats));
    }
    return 0;
}
