/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: `linnet convert --report`: what became of the source, what the passes did, and
 * what the model is made of; as JSON, or as the page convert/report.html with that JSON inside. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/page.h"
#include "common/tool.h"
#include "convert/conversion.h"
#include "linnet/model.h"

/* Made of tools/convert_report.html by cmake/embed.cmake. */
extern const unsigned char convert_report_html[];
extern const size_t convert_report_html_size;

static cJSON *json_findings(const conversion_report *r)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < r->n_findings; i++) {
        const ln_convert_finding *f = &r->findings[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "op", f->op);
        cJSON_AddStringToObject(item, "layer", f->layer);
        cJSON_AddStringToObject(item, "fate", f->fate);
        if (f->cure)
            cJSON_AddStringToObject(item, "cure", f->cure);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *json_passes(const ln_conversion *c)
{
    cJSON *passes = cJSON_CreateObject();
    const char *name;
    for (int i = 0, changes; c && ln_conversion_pass(c, i, &name, &changes); i++)
        if (changes)
            cJSON_AddNumberToObject(passes, name, changes);
    return passes;
}

static void add_summary(cJSON *report, const ln_conversion *c)
{
    ln_convert_summary s;
    ln_conversion_summary(c, &s);
    cJSON_AddNumberToObject(report, "operators_imported", s.operators_before);
    cJSON_AddNumberToObject(report, "operators_written", s.operators);
    cJSON_AddStringToObject(report, "runtime_version", s.runtime_version);
    cJSON_AddNumberToObject(report, "bytes", (double)s.bytes);
    cJSON_AddNumberToObject(report, "seconds", s.seconds);
    cJSON_AddNumberToObject(report, "rounds", s.rounds);
}

static void add_sizes(cJSON *report, const size_parts *p)
{
    cJSON *sizes = cJSON_AddObjectToObject(report, "sizes");
    cJSON *list = cJSON_AddArrayToObject(sizes, "constants");
    cJSON_AddNumberToObject(sizes, "bytes", (double)p->bytes);
    cJSON_AddNumberToObject(sizes, "deflated", (double)p->deflated);
    for (size_t i = 0; i < p->n; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", p->all[i].name);
        cJSON_AddNumberToObject(item, "bytes", (double)p->all[i].bytes);
        cJSON_AddNumberToObject(item, "deflated", (double)p->all[i].deflated);
        cJSON_AddItemToArray(list, item);
    }
}

/* How often the model has each operator, in each version. */
static void add_operators(cJSON *report, const TfLiteModel *model)
{
    cJSON *counts = cJSON_AddObjectToObject(report, "written");
    ln_tflite_node n;
    for (int g = 0; g < ln_tflite_model_graph_count(model); g++)
        for (int i = 0; ln_tflite_model_node(model, g, i, &n); i++) {
            char *name = tool_format("%s v%d", n.op, n.version);
            cJSON *item = cJSON_GetObjectItemCaseSensitive(counts, name);
            if (item)
                cJSON_SetNumberValue(item, item->valuedouble + 1);
            else
                cJSON_AddNumberToObject(counts, name, 1);
            tool_free(name);
        }
}

static bool add_model(cJSON *report, const ln_conversion *c)
{
    size_parts sizes;
    size_t n;
    const void *model = ln_conversion_model(c, &n);
    const bool ok = sizes_of(model, n, &sizes);
    if (ok) {
        add_sizes(report, &sizes);
        add_operators(report, sizes.model);
    }
    sizes_free(&sizes);
    return ok;
}

static bool write_page(const char *path, const char *json)
{
    const page_part parts[] = {{"@DATA@", json}, {NULL, NULL}};
    const bool ok = page_write(convert_report_html, convert_report_html_size, parts, path);
    if (!ok)
        tool_error("%s: cannot be written", path);
    return ok;
}

bool conversion_write_report(const char *path, const conversion_report *r)
{
    cJSON *report = cJSON_CreateObject();
    cJSON_AddStringToObject(report, "source", r->source);
    cJSON_AddStringToObject(report, "output", r->to);
    cJSON_AddItemToObject(report, "operators", json_findings(r));
    cJSON_AddStringToObject(report, "error", r->error);
    bool ok = true;
    if (r->c) {
        add_summary(report, r->c);
        ok = add_model(report, r->c);
    }
    cJSON_AddItemToObject(report, "passes", json_passes(r->c));
    char *text = cJSON_Print(report);
    cJSON_Delete(report);
    if (text && tool_ends_with(path, ".html"))
        ok = write_page(path, text) && ok;
    else
        ok = text && tool_write_file(path, text, strlen(text)) && ok;
    cJSON_free(text);
    return ok;
}
