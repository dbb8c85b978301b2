/* SPDX-License-Identifier: Apache-2.0 */
/* scores.c: calibration, the best scores, overlap of boxes. */
#include "media.h"

#include <math.h>
#include <string.h>

#include "media/score.h"

static void best_scores(void **state)
{
    static const float scores[] = {0.1f, 0.9f, NAN, 0.5f, 0.9f, 0.2f};
    static const int all[] = {1, 4, 3, 5, 0, 2};
    int order[6];
    (void)state;
    for (int k = 0; k <= 6; k++) {
        ln_top_k(scores, 6, k, order);
        for (int i = 0; i < k; i++)
            assert_int_equal(order[i], all[i]);
    }
}

/* The formula by hand: 0.95 / (1 + exp(-(4.5 log(p) + 2))). */
static void calibrates(void **state)
{
    static const char text[] = "0.95,4.5,2.0\n\n1,1,0,0.3\r\n";
    ln_calibration c = {.transform = LN_SCORE_LOG, .default_score = 0.25f};
    (void)state;
    assert_int_equal(ln_calibration_parse(&c, text, sizeof text - 1, 3, &ln_alloc_default, NULL),
                     LN_OK);
    assert_true(fabs(ln_calibrate(&c, 0, 0.7f) - 0.95 / (1 + exp(-(4.5 * log(0.7) + 2)))) < 1e-6);
    assert_true(ln_calibrate(&c, 1, 0.7f) == 0.25f);
    assert_true(ln_calibrate(&c, 2, 0.2f) == 0.25f);
    assert_true(fabs(ln_calibrate(&c, 2, 0.5f) - 1 / (1 + 1 / 0.5)) < 1e-6);
    c.transform = LN_SCORE_INVERSE_LOGISTIC; /* undone by the sigmoid */
    assert_true(fabs(ln_calibrate(&c, 2, 0.42f) - 0.42) < 1e-6);
    assert_true(isfinite(ln_calibrate(&c, 0, 0)));
    ln_free(&ln_alloc_default, c.sigmoids);
}

static void refuses_wrong_calibrations(void **state)
{
    static const char *const wrong[] = {"", "1,2\n", "1,2,3,4,5\n", "1,x,3\n", "1,2,3\n1,2,3\n"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ln_calibration c = {0};
        assert_int_equal(
            ln_calibration_parse(&c, wrong[i], strlen(wrong[i]), 1, &ln_alloc_default, NULL),
            LN_ERR_FORMAT);
        ln_free(&ln_alloc_default, c.sigmoids);
    }
}

static void vectors(void **state)
{
    float x[] = {3, 4}, logits[] = {1, 1, 1, 1000};
    const float zero[2] = {0};
    int8_t q[2];
    double cosine;
    (void)state;
    assert_false(ln_cosine(x, zero, 2, &cosine));
    ln_l2_normalize(x, 2);
    assert_true(fabsf(x[0] - 0.6f) < 1e-6f && fabsf(x[1] - 0.8f) < 1e-6f);
    ln_quantize_unit(x, 2, q);
    assert_true(q[0] == 77 && q[1] == 102);
    ln_softmax(logits, 4);
    assert_true(logits[3] == 1 && logits[0] == 0);
    assert_true(ln_sigmoid_of(0) == 0.5f);
}

static void overlapping_boxes(void **state)
{
    static const ln_rect boxes[] = {{0, 0, 2, 2}, {0, 0, 2, 1.8f}, {0, 2, 2, 4}, {1, 1, 3, 3}};
    int order[] = {0, 1, 2, 3};
    (void)state;
    assert_true(fabsf(ln_overlap(&boxes[0], &boxes[3]) - 1 / 7.0f) < 1e-6f);
    assert_true(ln_overlap(&boxes[0], &boxes[2]) == 0);
    assert_int_equal(ln_nms(boxes, order, 4, 0.5f), 3);
    assert_true(order[0] == 0 && order[1] == 2 && order[2] == 3);
}

void media_scores(int *failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_scores),
        cmocka_unit_test(calibrates),
        cmocka_unit_test(refuses_wrong_calibrations),
        cmocka_unit_test(vectors),
        cmocka_unit_test(overlapping_boxes),
    };
    *failed += cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
