/* SPDX-License-Identifier: Apache-2.0 */
/* fixtures.c: runs the cases of facts.json and peer_results.json in the folder that is given:
 *
 *     test_task_fixtures SHARED/models [ID...]
 *
 * A case whose model is not there is skipped and counted.  Ends with 77 when there are no files. */
#include "fixtures.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/op.h"
#include "tensorflow/lite/core/c/c_api_experimental.h"

verdict fixture_fail(const fixture *f, const char *fmt, ...)
{
    va_list args;
    printf("FAILED %s%s: ", f->peer ? "peer " : "", f->id);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    return FAILED;
}

verdict fixture_skip(const fixture *f, const char *why)
{
    printf("skipped %s%s: %s\n", f->peer ? "peer " : "", f->id, why);
    return SKIPPED;
}

const char *fixture_input(const fixture *f, const char *name)
{
    static char path[600];
    const char *slash = strrchr(name, '/');
    snprintf(path, sizeof path, "%s/task/inputs/%s", f->root, slash ? slash + 1 : name);
    return path;
}

const cJSON *item_of(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = item_of(object, name);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

double number_of(const cJSON *object, const char *name, double otherwise)
{
    const cJSON *item = item_of(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

bool is_near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

/* Either spelling of a list's name. */
static const char *const *list_of(const cJSON *options, const char *name, const char **to)
{
    char long_name[60];
    const cJSON *list = item_of(options, name), *item;
    int n = 0;
    snprintf(long_name, sizeof long_name, "category_name_%s", name);
    if (!list)
        list = item_of(options, long_name);
    cJSON_ArrayForEach(item, list)
    {
        if (n < 9)
            to[n++] = item->valuestring;
    }
    to[n] = NULL;
    return n ? to : NULL;
}

void fixture_categories(const fixture *f, ln_classifier_options *to)
{
    static const char *allow[10], *deny[10];
    to->max_results = (int)number_of(f->options, "max_results", -1);
    to->has_score_threshold = item_of(f->options, "score_threshold") != NULL;
    to->score_threshold = (float)number_of(f->options, "score_threshold", 0);
    to->allow = list_of(f->options, "allowlist", allow);
    to->deny = list_of(f->options, "denylist", deny);
}

/* ---- resolvers: "only NAME", "without NAME" of custom ones, or a list of names ---- */

static const TfLiteRegistration *find_builtin(void *user, TfLiteBuiltinOperator op, int version)
{
    static const TfLiteRegistration ours = {0};
    const cJSON *names = user, *item;
    const char *name = ln_op_code_name((int)op), *text = names->valuestring;

    (void)version;
    if (text)
        return strncmp(text, "without ", 8) == 0 || strcmp(text + strlen("only "), name) == 0
                   ? &ours
                   : NULL;
    cJSON_ArrayForEach(item, names)
    {
        if (strcmp(item->valuestring, name) == 0)
            return &ours;
    }
    return NULL;
}

static const TfLiteRegistration *find_custom(void *user, const char *name, int version)
{
    (void)user;
    (void)name;
    (void)version;
    return NULL;
}

static void set_resolver(TfLiteInterpreterOptions *options, void *user)
{
    TfLiteInterpreterOptionsSetOpResolver(options, find_builtin, find_custom, user);
}

void fixture_resolver(const fixture *f, ln_task_options *to)
{
    const cJSON *names = item_of(f->options, "op_resolver");
    if (!names)
        return;
    to->configure = set_resolver;
    to->user = (void *)(uintptr_t)names;
}

void fixture_embedder(const fixture *f, ln_embedder_options *to)
{
    to->l2_normalize = cJSON_IsTrue(item_of(f->options, "l2_normalize"));
    to->quantize = cJSON_IsTrue(item_of(f->options, "quantize"));
}

/* The category of an expected index, wherever it stands: equal scores come in any order. */
static const ln_category *find(const ln_classification *got, int index, const char *name)
{
    for (int i = 0; i < got->n; i++) {
        if (got->categories[i].index == index && strcmp(got->categories[i].name, name) == 0)
            return &got->categories[i];
    }
    return NULL;
}

verdict fixture_compare(const fixture *f, const ln_classification *got, const cJSON *expected,
                        double tolerance)
{
    const cJSON *item;
    int i = 0;
    if (got->n != cJSON_GetArraySize(expected))
        return fixture_fail(f, "%d categories, not %d", got->n, cJSON_GetArraySize(expected));
    cJSON_ArrayForEach(item, expected)
    {
        const char *name = text_of(item, "category_name");
        const double score = number_of(item, "score", -1);
        name = name ? name : text_of(item, "class_name");
        const ln_category *c = find(got, (int)number_of(item, "index", -1), name);
        if (!is_near(got->categories[i].score, score, tolerance))
            return fixture_fail(f, "place %d is %s with %.7f, not %s with %.7f", i,
                                got->categories[i].name, (double)got->categories[i].score, name,
                                score);
        if (c ? !is_near(c->score, score, tolerance) : score > 3 * tolerance)
            return fixture_fail(f, "%s has %.7f, not %.7f", name, c ? (double)c->score : -1.0,
                                score);
        i++;
    }
    return PASSED;
}

static double value_of(const ln_embedding *e, int i)
{
    return e->values ? (double)e->values[i] : (double)(uint8_t)e->quantized[i];
}

verdict fixture_compare_vectors(const fixture *f, const ln_embedding *a, const ln_embedding *b,
                                double tolerance)
{
    const bool is_short = item_of(f->expected, "dim") != NULL;
    const int dimension = (int)number_of(f->expected, is_short ? "dim" : "dimension", -1);
    const cJSON *value = item_of(item_of(f->expected, "a"), "value"), *item;
    double cosine = 0, sum = 0;
    int i = 0;

    if (a->dimension != dimension)
        return fixture_fail(f, "%d values, not %d", a->dimension, dimension);
    if (!ln_cosine_similarity(a, b, &cosine))
        return fixture_fail(f, "there is no cosine");
    if (!is_near(cosine, number_of(f->expected, "cosine", -2), tolerance))
        return fixture_fail(f, "the cosine is %.7f, not %.7f", cosine,
                            number_of(f->expected, "cosine", -2));
    cJSON_ArrayForEach(item, item_of(value, "first16"))
    {
        if (!is_near(value_of(a, i), item->valuedouble, tolerance))
            return fixture_fail(f, "value %d is %.7g, not %.7g", i, value_of(a, i),
                                item->valuedouble);
        i++;
    }
    for (i = 0; i < a->dimension; i++)
        sum += value_of(a, i);
    if (value && !is_near(sum, number_of(value, "sum", -1), a->values ? 100 * tolerance : 1))
        return fixture_fail(f, "the sum is %.7g, not %.7g", sum, number_of(value, "sum", -1));
    return PASSED;
}

/* What the real library calls the status in its tests, and our number. */
static int code_named(const char *name)
{
    static const struct {
        const char *name;
        int code;
    } codes[] = {
        {"kInvalidArgumentError", 2}, {"kUnsupportedBuiltinOp", 4}, {"kUnsupportedCustomOp", 5}};
    for (size_t i = 0; name && i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i].name, name) == 0)
            return codes[i].code;
    }
    return 0;
}

bool fixture_error(const fixture *f, bool failed, const ln_task_error *error, verdict *v)
{
    const char *message = text_of(f->expected, f->peer ? "error" : "message_contains");
    const int code = code_named(text_of(f->expected, "support_status"));

    if (!message) {
        if (failed)
            *v = fixture_fail(f, "%s", error->message);
        return failed;
    }
    if (strncmp(message, "... ", 4) == 0)
        message += 4;
    if (!failed)
        *v = fixture_fail(f, "no error, where \"%s\" was to come", message);
    else if (!strstr(error->message, message))
        *v = fixture_fail(f, "the error is \"%s\", not \"%s\"", error->message, message);
    else if (code && error->code != code)
        *v = fixture_fail(f, "the error has code %d, not %d", error->code, code);
    else
        *v = PASSED;
    return true;
}

/* ---- all cases ---- */

typedef verdict (*runner)(const fixture *f, const char *task);

static const struct {
    const char *task;
    runner run;
} runners[] = {
    {"image_classifier", run_vision},
    {"object_detector", run_vision},
    {"image_segmenter", run_vision},
    {"image_embedder", run_vision},
    {"image_preprocessor", run_vision},
    {"audio_classifier", run_audio},
    {"audio_embedder", run_audio},
    {"nl_classifier", run_text},
    {"text_embedder", run_text},
    {"embedding_searcher", run_search},
    {"text_searcher", run_search},
    {"pose", run_pose},
    {"bert_tokenizer", run_text},
    {"sentencepiece_tokenizer", run_text},
    {"image_classifier_c_api", run_c_api},
    {"object_detector_c_api", run_c_api},
    {"cosine_similarity", run_postprocess},
    {"image_classifier_postprocess", run_postprocess},
    {"object_detector_postprocess", run_postprocess},
    {"image_segmenter_postprocess", run_postprocess},
};

static verdict run(const fixture *f)
{
    const char *task = text_of(f->json, "task");
    for (size_t i = 0; i < sizeof runners / sizeof *runners; i++) {
        if (strcmp(runners[i].task, task) != 0)
            continue;
        if (f->model[0] && access(f->model, R_OK) != 0)
            return fixture_skip(f, "its model is not there");
        return runners[i].run(f, task);
    }
    if (strcmp(task, "metadata_writer") == 0)
        return fixture_skip(f, "the test python_metadata runs it");
    return fixture_skip(f, f->model[0] && access(f->model, R_OK) != 0 ? "its model is not there"
                                                                      : task);
}

static cJSON *read_json(const char *root, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/task/%s", root, name);
    FILE *f = fopen(path, "rb");
    char *text = f ? calloc(1, 1 << 20) : NULL;
    cJSON *json = NULL;
    if (text && fread(text, 1, (1 << 20) - 1, f) > 0)
        json = cJSON_Parse(text);
    free(text);
    if (f)
        fclose(f);
    return json;
}

static bool wanted(const char *id, int n, char **ids)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(ids[i], id) == 0)
            return true;
    }
    return n == 0;
}

/* A model where the case says, or by its name among those that there are. */
static void find_model(fixture *f, const char *name)
{
    static const char *const folders[] = {"", "zoo/", "task/models/", "task/text/"};
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(f->model, sizeof f->model, "%s/%s%s", f->root, folders[i], i ? base : name);
        if (access(f->model, R_OK) == 0)
            return;
    }
}

static void run_all(const char *root, const cJSON *all, bool peer, int n, char **ids, int *count)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, all)
    {
        fixture f = {.root = root, .json = item, .peer = peer};
        const char *model = text_of(item, "model_file");
        f.id = peer ? item->string : text_of(item, "id");
        f.options = item_of(item, "options");
        f.input = item_of(item, "input");
        f.expected = item_of(item, peer ? "result" : "expected");
        f.tolerance = item_of(item, "tolerance");
        if (model || text_of(item, "model"))
            find_model(&f, model ? model : text_of(item, "model"));
        if (wanted(f.id, n, ids))
            count[run(&f)]++;
    }
}

int main(int argc, char **argv)
{
    cJSON *facts = argc > 1 ? read_json(argv[1], "facts.json") : NULL;
    cJSON *peer = argc > 1 ? read_json(argv[1], "peer_results.json") : NULL;
    int count[3] = {0};

    if (!facts || !peer) {
        printf("skipped: there are no expected results in %s/task\n", argc > 1 ? argv[1] : "");
        return 77;
    }
    run_all(argv[1], facts, false, argc - 2, argv + 2, count);
    run_all(argv[1], peer, true, argc - 2, argv + 2, count);
    printf("%d passed, %d failed, %d skipped\n", count[PASSED], count[FAILED], count[SKIPPED]);
    cJSON_Delete(facts);
    cJSON_Delete(peer);
    return count[FAILED] > 0;
}
