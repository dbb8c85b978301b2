/* SPDX-License-Identifier: Apache-2.0 */
/* run_postprocess.c: cases in which a test fills the model's outputs by hand.  The model does not
 * run: results are made by the internal functions. */
#include <string.h>

#include "fixtures.h"
#include "task/heads.h"

static verdict classify(const fixture *f, ln_task *task)
{
    const cJSON *raw = item_of(f->input, "raw_uint8_output_tensor");
    ln_classifier_options o = {0};
    ln_task_error error = {0};
    ln_heads heads;

    fixture_categories(f, &o);
    if (!ln_heads_init(&heads, task, &o, &error))
        return fixture_fail(f, "%s", error.message);
    uint8_t *to = TfLiteTensorData(ln_task_output(task, 0));
    for (int i = 0; i < heads.head[0].classes; i++)
        to[i] = (uint8_t)cJSON_GetArrayItem(raw, i)->valueint;
    ln_classification_result *r = ln_heads_result(&heads, &error);
    if (!r)
        return fixture_fail(f, "%s", error.message);
    const verdict v = fixture_compare(f, &r->heads[0], item_of(f->expected, "classes"),
                                      number_of(f->tolerance, "score", 0));
    ln_classification_result_free(r);
    return v;
}

/* Bytes written as hexadecimal digits. */
static int read_hex(const char *text, int8_t *to)
{
    int n = 0;
    for (unsigned v; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        to[n] = (int8_t)v;
    return n;
}

static verdict cosine(const fixture *f)
{
    const cJSON *u = item_of(f->input, "u"), *v = item_of(f->input, "v");
    float x[4] = {0}, y[4] = {0};
    int8_t p[4], q[4];
    ln_embedding a = {4, x, NULL}, b = {4, y, NULL};
    double got = -2;

    for (int i = 0; u && i < 4; i++) {
        x[i] = (float)cJSON_GetArrayItem(u, i)->valuedouble;
        y[i] = (float)cJSON_GetArrayItem(v, i)->valuedouble;
    }
    if (!u) {
        a = (ln_embedding){read_hex(text_of(f->input, "u_bytes"), p), NULL, p};
        b = (ln_embedding){read_hex(text_of(f->input, "v_bytes"), q), NULL, q};
    }
    if (!ln_cosine_similarity(&a, &b, &got) ||
        !is_near(got, number_of(f->expected, "similarity", 9), 1e-6))
        return fixture_fail(f, "the cosine is %.7f", got);
    return PASSED;
}

verdict run_postprocess(const fixture *f, const char *name)
{
    const ln_task_options o = {.model_path = f->model};
    ln_task_error error = {0};
    ln_task task;
    verdict v;

    if (strcmp(name, "cosine_similarity") == 0)
        return cosine(f);
    if (strcmp(name, "image_classifier_postprocess") != 0)
        return fixture_skip(f, "its numbers would go into a graph that runs");
    if (ln_task_open(&task, &o, &error))
        v = classify(f, &task);
    else
        v = fixture_fail(f, "%s", error.message);
    ln_task_close(&task);
    return v;
}
