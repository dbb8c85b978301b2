/* SPDX-License-Identifier: Apache-2.0 */
/* edit.c: metadata in all that the schema has goes from JSON into a model and back; versions; every
 * model with metadata at hand survives being written anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <dirent.h>

#include "linnet/metadata_edit.h"

/* One of everything, laid out as FlatBuffers' own printer does. */
static const char everything[] =
    "{\n  \"name\": \"n\\u00E9 \\\"\\\\\\n\\uD83D\\uDE00\",\n"
    "  \"description\": \"d\",\n  \"version\": \"v\",\n"
    "  \"subgraph_metadata\": [\n    {\n      \"name\": \"g\",\n      \"description\": \"gd\",\n"
    "      \"input_tensor_metadata\": [\n        {\n          \"name\": \"image\",\n"
    "          \"description\": \"\",\n          \"dimension_names\": [\n            \"batch\",\n"
    "            \"y\"\n          ],\n          \"content\": {\n"
    "            \"content_properties_type\": \"ImageProperties\",\n"
    "            \"content_properties\": {\n              \"color_space\": \"GRAYSCALE\",\n"
    "              \"default_size\": {\n                \"width\": 8,\n"
    "                \"height\": 4294967295\n              }\n            },\n"
    "            \"range\": {\n              \"min\": -1,\n              \"max\": 2\n            "
    "}\n"
    "          },\n          \"process_units\": [\n            {\n"
    "              \"options_type\": \"NormalizationOptions\",\n              \"options\": {\n"
    "                \"mean\": [\n                  0.5\n                ],\n"
    "                \"std\": [\n                  0.003921569\n                ]\n"
    "              }\n            },\n            {\n"
    "              \"options_type\": \"SentencePieceTokenizerOptions\",\n"
    "              \"options\": {\n                \"sentencePiece_model\": [\n"
    "                  {\n                    \"name\": \"s\"\n                  }\n"
    "                ]\n              }\n            }\n          ],\n"
    "          \"stats\": {\n            \"max\": [\n              1.0,\n"
    "              1e-08\n            ],\n            \"min\": [\n\n            ]\n          }\n"
    "        }\n      ],\n"
    "      \"output_tensor_metadata\": [\n        {\n          \"content\": {\n"
    "            \"content_properties_type\": \"BoundingBoxProperties\",\n"
    "            \"content_properties\": {\n              \"index\": [\n                3,\n"
    "                0\n              ],\n              \"type\": \"CENTER\",\n"
    "              \"coordinate_type\": \"PIXEL\"\n            }\n          },\n"
    "          \"process_units\": [\n            {\n"
    "              \"options_type\": \"ScoreCalibrationOptions\",\n              \"options\": {\n"
    "                \"score_transformation\": \"INVERSE_LOGISTIC\",\n"
    "                \"default_score\": 0.2\n              }\n            },\n            {\n"
    "              \"options_type\": \"ScoreThresholdingOptions\",\n              \"options\": {\n"
    "                \"global_score_threshold\": 0.25\n              }\n            }\n"
    "          ],\n          \"associated_files\": [\n            {\n"
    "              \"name\": \"l\",\n              \"type\": \"TENSOR_AXIS_LABELS\",\n"
    "              \"locale\": \"de\",\n              \"version\": \"7\"\n            }\n"
    "          ]\n        }\n      ],\n"
    "      \"input_process_units\": [\n        {\n"
    "          \"options_type\": \"BertTokenizerOptions\",\n          \"options\": {\n"
    "          }\n        },\n        {\n"
    "          \"options_type\": \"RegexTokenizerOptions\",\n          \"options\": {\n"
    "            \"delim_regex_pattern\": \"[^\\\\w]+\"\n          }\n        }\n      ],\n"
    "      \"input_tensor_groups\": [\n        {\n          \"name\": \"a group\",\n"
    "          \"tensor_names\": [\n            \"image\"\n          ]\n        }\n      ],\n"
    "      \"custom_metadata\": [\n        {\n          \"name\": \"c\",\n          \"data\": [\n"
    "            0,\n            255\n          ]\n        }\n      ]\n    }\n  ],\n"
    "  \"author\": \"a\",\n  \"license\": \"l\",\n"
    "  \"min_parser_version\": \"1.5.0\"\n}\n";

static const char digits[] = LINNET_DIGITS "/digits_int8.tflite";

static ln_meta_edit *edit_digits(void)
{
    ln_meta_error error = {LN_META_OK, ""};
    ln_meta_edit *edit = ln_meta_edit_open(digits, &error);
    if (!edit)
        fail_msg("%s", error.text);
    return edit;
}

static void test_everything(void **state)
{
    (void)state;
    ln_meta_error error = {LN_META_OK, ""};
    ln_meta_edit *edit = edit_digits();
    void *model = NULL;
    size_t n = 0, n_buffer;
    if (!ln_meta_edit_json(edit, everything, &error) ||
        !ln_meta_edit_add_file(edit, "folder/s", "model", 5, &error) ||
        !ln_meta_edit_add_file(edit, "l", "x", 1, &error) ||
        !ln_meta_edit_write(edit, LN_META_UNCHECKED, &model, &n, &error))
        fail_msg("%s", error.text);
    ln_meta_edit_close(edit);
    ln_meta *meta = ln_meta_open_memory(model, n, &error);
    const void *buffer = ln_meta_buffer(meta, &n_buffer);
    char *json = ln_meta_json(buffer, n_buffer, true, &error);
    assert_string_equal(json, everything);
    assert_string_equal(ln_meta_version(buffer, n_buffer, NULL), "1.5.0");
    ln_meta_free(json);
    json = ln_meta_json(buffer, n_buffer, false, &error);
    assert_non_null(strstr(json, "0.003922\n")); /* as others print it */
    ln_meta_free(json);
    const ln_meta_graph *g = ln_meta_get(meta)->graphs;
    assert_int_equal(g->n_custom, 1);
    assert_int_equal(g->custom[0].size, 2);
    assert_int_equal(((const uint8_t *)g->custom[0].data)[1], 255);
    assert_string_equal(g->input_groups.all[0].tensor_names.all[0], "image");
    assert_string_equal(g->inputs.all[0].dimension_names.all[1], "y");
    assert_int_equal(g->input_units.all[1].type, LN_META_REGEX_TOKENIZER);
    assert_string_equal(g->inputs.all[0].units.all[1].sentence_models.all[0].name, "s");
    assert_int_equal(g->outputs.all[0].units.all[0].transformation, LN_META_INVERSE_LOGISTIC);
    assert_true(g->outputs.all[0].pixels);
    assert_non_null(ln_meta_find_file(&g->outputs.all[0].files, LN_META_AXIS_LABELS, "de"));
    ln_meta_close(meta);
    ln_meta_free(model);
}

static void *add_one(const void *model, size_t n, const char *name, size_t *n_out)
{
    ln_meta_error error = {LN_META_OK, ""};
    void *out = NULL;
    ln_meta_edit *edit = ln_meta_edit_memory(model, n, &error);
    if (!edit || !ln_meta_edit_add_file(edit, name, name, strlen(name), &error) ||
        !ln_meta_edit_write(edit, LN_META_CHECKED, &out, n_out, &error))
        fail_msg("%s", error.text);
    ln_meta_edit_close(edit);
    return out;
}

/* An archive that is damaged, and so became part of the model, is not taken for the real one. */
static void test_older_archive(void **state)
{
    (void)state;
    ln_meta_error error = {LN_META_OK, ""};
    size_t n, n_first, n_both;
    void *text, *bare;
    ln_meta_edit *edit = edit_digits();
    assert_true(ln_meta_edit_write(edit, LN_META_CHECKED, &bare, &n, &error));
    ln_meta_edit_close(edit);
    uint8_t *first = add_one(bare, n, "old.txt", &n_first);
    first[n_first - 2] = 5; /* a comment that is not there */
    uint8_t *both = add_one(first, n_first, "new.txt", &n_both);
    ln_meta *meta = ln_meta_open_memory(both, n_both, &error);
    assert_non_null(meta);
    assert_string_equal(ln_meta_packed_file(meta, 0), "new.txt");
    assert_null(ln_meta_packed_file(meta, 1));
    assert_true(ln_meta_read_file(meta, "new.txt", &text, &n, &error));
    assert_string_equal(text, "new.txt");
    ln_meta_free(text);
    ln_meta_close(meta);
    ln_meta_free(both);
    ln_meta_free(first);
    ln_meta_free(bare);
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version, *graph;
    } cases[] = {
        {"1.0.0", "\"name\": \"x\""},
        {"1.0.0", "\"associated_files\": [{\"type\": \"TENSOR_AXIS_SCORE_CALIBRATION\"}]"},
        {"1.0.1", "\"associated_files\": [{\"type\": \"VOCABULARY\"}]"},
        {"1.1.0", "\"input_process_units\": []"},
        {"1.1.0", "\"output_process_units\": [{\"options_type\": \"BertTokenizerOptions\", "
                  "\"options\": {}}]"},
        {"1.2.0", "\"output_tensor_groups\": []"},
        {"1.2.1", "\"input_process_units\": [{\"options_type\": 6, \"options\": {}}]"},
        {"1.3.0", "\"input_tensor_metadata\": [{\"content\": {\"content_properties\": {}, "
                  "\"content_properties_type\": \"AudioProperties\"}}]"},
        {"1.4.0", "\"associated_files\": [{\"type\": 6}]"},
        {"1.4.1", "\"associated_files\": [{\"version\": \"1\"}]"},
        {"1.5.0", "\"custom_metadata\": []"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ln_meta_edit *edit = edit_digits();
        ln_meta_error error = {LN_META_OK, ""};
        char json[512], wanted[64];
        void *model;
        size_t n;
        snprintf(json, sizeof json,
                 "{\"subgraph_metadata\": [{%s}], \"min_parser_version\": \"9\"}", cases[i].graph);
        assert_true(ln_meta_edit_json(edit, json, &error));
        /* it does not fit the model, but the message comes after the version is in */
        assert_false(ln_meta_edit_write(edit, LN_META_UNCHECKED, &model, &n, &error));
        snprintf(wanted, sizeof wanted, "\"min_parser_version\": \"%s\"", cases[i].version);
        const void *buffer = ln_meta_edit_metadata(edit, &n);
        char *text = ln_meta_json(buffer, n, false, &error);
        if (!text || !strstr(text, wanted))
            fail_msg("%s: %s", cases[i].graph, text ? text : error.text);
        ln_meta_free(text);
        ln_meta_edit_close(edit);
    }
}

/* ---- models and goldens outside of the repository ---- */

/* Calls check(path) for the files of a folder; returns for how many it said true. */
static int for_each_file(const char *folder, const char *tail, bool (*check)(const char *path))
{
    char path[1024];
    int n = 0;
    snprintf(path, sizeof path, "%s/models/%s", LINNET_SHARED, folder);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, tail) != 0)
            continue;
        snprintf(path, sizeof path, "%s/models/%s/%s", LINNET_SHARED, folder, entry->d_name);
        n += check(path);
    }
    if (dir)
        closedir(dir);
    return n;
}

static char *read_text(const char *path)
{
    enum { MAX_BYTES = 1 << 16 };
    FILE *f = fopen(path, "rb");
    char *text = calloc(MAX_BYTES, 1);
    assert_true(f && text);
    assert_true(fread(text, 1, MAX_BYTES - 1, f) < MAX_BYTES - 1);
    fclose(f);
    return text;
}

static void compare(const ln_meta *a, const ln_meta *b, const char *name)
{
    size_t n_a, n_b;
    void *file_a, *file_b;
    const char *file;
    const void *buffer = ln_meta_buffer(a, &n_a);
    char *json_a = ln_meta_json(buffer, n_a, true, NULL);
    buffer = ln_meta_buffer(b, &n_b);
    char *json_b = ln_meta_json(buffer, n_b, true, NULL);
    /* files from before 2020 lack the version, and others have a wrong one */
    static const char version[] = ",\n  \"min_parser_version\"";
    char *version_a = strstr(json_a, version), *version_b = strstr(json_b, version);
    assert_non_null(version_b);
    *version_b = '\0';
    if (version_a)
        *version_a = '\0';
    else
        json_a[strlen(json_a) - 3] = '\0';
    if (strcmp(json_a, json_b) != 0)
        fail_msg("%s: was\n%s\nis\n%s", name, json_a, json_b);
    ln_meta_free(json_a);
    ln_meta_free(json_b);
    for (int i = 0; (file = ln_meta_packed_file(a, i)) != NULL; i++) {
        assert_string_equal(file, ln_meta_packed_file(b, i));
        assert_true(ln_meta_read_file(a, file, &file_a, &n_a, NULL));
        assert_true(ln_meta_read_file(b, file, &file_b, &n_b, NULL));
        assert_int_equal(n_a, n_b);
        assert_memory_equal(file_a, file_b, n_a);
        ln_meta_free(file_a);
        ln_meta_free(file_b);
    }
}

/* Metadata and files are taken from the model and given to a model without any: itself, bare. */
static bool write_anew(const char *path)
{
    ln_meta_error error = {LN_META_OK, ""};
    void *bare, *model = NULL;
    size_t n_bare, n = 0;
    ln_meta *meta = ln_meta_open(path, &error);
    if (!meta || !ln_meta_get(meta)) {
        ln_meta_close(meta);
        return false;
    }
    ln_meta_edit *edit = ln_meta_edit_open(path, &error);
    ln_meta_edit_clear(edit);
    assert_true(ln_meta_edit_write(edit, LN_META_CHECKED, &bare, &n_bare, &error));
    ln_meta_edit_close(edit);
    edit = ln_meta_edit_memory(bare, n_bare, &error);
    if (!ln_meta_edit_take(edit, meta, &error) ||
        !ln_meta_edit_write(edit, LN_META_CHECKED, &model, &n, &error))
        fail_msg("%s: %s", path, error.text);
    ln_meta *back = ln_meta_open_memory(model, n, &error);
    compare(meta, back, path);
    ln_meta_close(back);
    ln_meta_edit_close(edit);
    ln_meta_close(meta);
    ln_meta_free(model);
    ln_meta_free(bare);
    return true;
}

static void test_models(void **state)
{
    (void)state;
    static const char *const folders[] = {"zoo", "task/models", "task/text"};
    int n = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        n += for_each_file(folders[i], ".tflite", write_anew);
    print_message("%d models with metadata in %s\n", n, LINNET_SHARED);
    if (n == 0)
        skip();
}

/* JSON that tflite-support printed goes into metadata and comes out the same. */
static bool check_golden(const char *path)
{
    ln_meta_error error = {LN_META_OK, ""};
    size_t n;
    char *text = read_text(path);
    cJSON *root = cJSON_Parse(text), *wrapped = cJSON_GetObjectItemCaseSensitive(root, "metadata");
    cJSON *wanted = wrapped ? wrapped : root;
    assert_non_null(root);
    ln_meta_edit *edit = edit_digits();
    char *json = cJSON_PrintUnformatted(wanted);
    if (!ln_meta_edit_json(edit, json, &error))
        fail_msg("%s: %s", path, error.text);
    cJSON_free(json);
    const void *buffer = ln_meta_edit_metadata(edit, &n);
    json = ln_meta_json(buffer, n, false, &error);
    cJSON *got = cJSON_Parse(json);
    cJSON_DeleteItemFromObject(got, "min_parser_version"); /* some goldens have none yet */
    cJSON_DeleteItemFromObject(wanted, "min_parser_version");
    if (!cJSON_Compare(got, wanted, true))
        fail_msg("%s: is\n%s", path, json);
    ln_meta_free(json);
    cJSON_Delete(got);
    cJSON_Delete(root);
    ln_meta_edit_close(edit);
    free(text);
    return true;
}

static void test_goldens(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "metadata",
        "metadata_writers",
        "metadata_writers/image_classifier",
        "metadata_writers/nl_classifier",
        "metadata_writers/object_detector",
    };
    int n = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char folder[512];
        snprintf(folder, sizeof folder, "task/%s", folders[i]);
        n += for_each_file(folder, ".json", check_golden);
    }
    print_message("%d goldens in %s\n", n, LINNET_SHARED);
    if (n == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything), cmocka_unit_test(test_older_archive),
        cmocka_unit_test(test_versions),   cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
