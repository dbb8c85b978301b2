/* SPDX-License-Identifier: Apache-2.0 */
/* run_pose.c: a model of key points, whose output comes as a vector: y, x and score of each.  The
 * expected points are those that Coral's reference has for the model. */
#include "fixtures.h"
#include "linnet/task/vision.h"

static verdict compare(const fixture *f, const ln_embedding *points, FILE *csv)
{
    char line[200];
    int id, n = 0;
    double x, y;
    while (fgets(line, sizeof line, csv)) {
        if (sscanf(line, "%*d,%*f,%d,%*f,%lf,%lf", &id, &x, &y) != 3)
            continue;
        if (id < 0 || 3 * id + 2 >= points->dimension)
            return fixture_fail(f, "there is no point %d", id);
        const double got_y = (double)points->values[3 * id];
        const double got_x = (double)points->values[3 * id + 1];
        if (!is_near(got_x, x, 0.05) || !is_near(got_y, y, 0.05))
            return fixture_fail(f, "point %d is at %.3f %.3f, not %.3f %.3f", id, got_x, got_y, x,
                                y);
        n++;
    }
    return n == 17 ? PASSED : fixture_fail(f, "%d points", n);
}

verdict run_pose(const fixture *f, const char *task)
{
    const ln_vision_options o = {.base.model_path = f->model};
    char path[600];
    ln_task_error error = {0};
    verdict v;
    (void)task;
    snprintf(path, sizeof path, "%s/%s", f->root, text_of(f->expected, "csv"));
    FILE *csv = fopen(path, "r");
    ln_image *image = ln_image_read(fixture_input(f, f->input->valuestring), &error);
    ln_image_embedder *e = ln_image_embedder_create(&o, &error);
    ln_embedding_result *r = image && e ? ln_image_embed(e, &image->frame, NULL, &error) : NULL;
    v = r && csv ? compare(f, &r->embeddings[0], csv) : fixture_fail(f, "%s", error.message);
    ln_embedding_result_free(r);
    ln_image_embedder_free(e);
    ln_image_free(image);
    if (csv)
        fclose(csv);
    return v;
}
