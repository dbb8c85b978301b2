/* SPDX-License-Identifier: Apache-2.0 */
/* debug_print.c: what debug.c found, as a table for people, as CSV, as JSON and as a page. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/page.h"
#include "common/tool.h"
#include "quantize/debug.h"

/* Made of tools/debug.html by cmake/embed.cmake. */
extern const unsigned char debug_html[];
extern const size_t debug_html_size;

double debug_range_use(const debug_layer *l)
{
    return l->most >= l->least ? (double)(l->most - l->least) / l->levels : 0;
}

static double rmse_per_scale(const debug_layer *l, const errors *e)
{
    return l->scale > 0 ? sqrt(errors_mean_square(e)) / l->scale : 0;
}

void debug_worst_channels(const debug_layer *l, int worst[DEBUG_WORST])
{
    for (int k = 0; k < DEBUG_WORST; k++) {
        double least = HUGE_VAL;
        worst[k] = -1;
        for (int c = 0; c < l->n_channels; c++) {
            const double db = errors_decibels(&l->channels[c]);
            bool taken = l->channels[c].signal <= 0; /* nothing there to be kept */
            for (int i = 0; i < k; i++)
                taken = taken || worst[i] == c;
            if (!taken && db < least) {
                least = db;
                worst[k] = c;
            }
        }
    }
}

/* ---- the table ---- */

static void print_layer(const debug_layer *l)
{
    int worst[DEBUG_WORST];
    char channels[64] = "";
    size_t used = 0;
    debug_worst_channels(l, worst);
    for (int k = 0; k < DEBUG_WORST && worst[k] >= 0; k++)
        used += (size_t)snprintf(channels + used, sizeof channels - used, "%s%d:%.0f", k ? " " : "",
                                 worst[k], fmin(errors_decibels(&l->channels[worst[k]]), 999));
    printf("%7.2f %7.2f %9.6f %9.6f %10.3g %8.3f %6.1f %8.4f  %-20s %s %s\n",
           errors_decibels(&l->alone), errors_decibels(&l->chain), errors_cosine(&l->alone),
           errors_cosine(&l->chain), errors_mean_square(&l->alone), rmse_per_scale(l, &l->alone),
           100 * debug_range_use(l), 100 * l->clipped / fmax(l->chain.n, 1), channels, l->op,
           l->name);
}

static const debug_layer *worst_layer(const debug *d)
{
    const debug_layer *worst = &d->layers[0];
    for (int i = 1; i < d->n; i++)
        if (errors_decibels(&d->layers[i].alone) < errors_decibels(&worst->alone))
            worst = &d->layers[i];
    return worst;
}

static void print_table(const debug *d)
{
    printf("%15s %19s %10s %8s %6s %8s\n", "SQNR dB  ", "cosine      ", "MSE", "rmse /", "range",
           "clipped");
    printf("%7s %7s %9s %9s %10s %8s %6s %8s  %-20s %s\n", "alone", "chain", "alone", "chain",
           "alone", "scale", "use %", "%", "worst channels: dB", "operator, tensor");
    for (int i = 0; i < d->n; i++)
        print_layer(&d->layers[i]);
    const debug_layer *worst = worst_layer(d);
    printf("%d samples; alone: fed with the float model's values; chain: with the integers "
           "before it.\nThe worst alone: %s %s, %.2f dB\n",
           d->samples, worst->op, worst->name, errors_decibels(&worst->alone));
}

/* ---- files ---- */

static bool write_csv(const debug *d, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fprintf(f, "op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,"
               "mean_squared_error,scale,zero_point,tensor_name,sqnr,cosine,rmse_per_scale,"
               "range_use,clipped,chain_mean_squared_error,chain_sqnr,chain_cosine\n");
    for (int i = 0; i < d->n; i++) {
        const debug_layer *l = &d->layers[i];
        fprintf(f, "%s,%d,%.0f,%.9g,%.9g,%.9g,%.9g,%.9g,%d,\"%s\",%.4f,%.7f,%.4f,%.4f,%.6f,", l->op,
                l->tensor, l->alone.n / d->samples, l->deviations / d->samples,
                l->alone.error / fmax(l->alone.n, 1), l->largest / d->samples,
                errors_mean_square(&l->alone), l->scale, l->zero, l->name,
                errors_decibels(&l->alone), errors_cosine(&l->alone), rmse_per_scale(l, &l->alone),
                debug_range_use(l), l->clipped / fmax(l->chain.n, 1));
        fprintf(f, "%.9g,%.4f,%.7f\n", errors_mean_square(&l->chain), errors_decibels(&l->chain),
                errors_cosine(&l->chain));
    }
    return fclose(f) == 0;
}

static void put_number(cJSON *to, const char *name, double x)
{
    if (isfinite(x))
        cJSON_AddNumberToObject(to, name, x);
    else
        cJSON_AddNullToObject(to, name);
}

static void put_errors(cJSON *to, const char *name, const debug_layer *l, const errors *e)
{
    cJSON *o = cJSON_AddObjectToObject(to, name);
    put_number(o, "sqnr", errors_decibels(e));
    put_number(o, "cosine", errors_cosine(e));
    put_number(o, "mean_squared_error", errors_mean_square(e));
    put_number(o, "mean_error", e->error / fmax(e->n, 1));
    put_number(o, "max_abs_error", e->worst);
    put_number(o, "rmse_per_scale", rmse_per_scale(l, e));
}

static void put_histogram(cJSON *to, const char *name, const debug_histogram *h)
{
    cJSON *o = cJSON_AddObjectToObject(to, name);
    put_number(o, "low", h->low);
    put_number(o, "high", h->high);
    cJSON *counts = cJSON_AddArrayToObject(o, "counts");
    for (int i = 0; i < DEBUG_BINS; i++)
        cJSON_AddItemToArray(counts, cJSON_CreateNumber((double)h->count[i]));
}

static void put_channels(cJSON *to, const debug_layer *l)
{
    int worst[DEBUG_WORST];
    cJSON *list = cJSON_AddArrayToObject(to, "worst_channels");
    debug_worst_channels(l, worst);
    for (int k = 0; k < DEBUG_WORST && worst[k] >= 0; k++) {
        cJSON *o = cJSON_CreateObject();
        put_number(o, "channel", worst[k]);
        put_number(o, "sqnr", errors_decibels(&l->channels[worst[k]]));
        cJSON_AddItemToArray(list, o);
    }
}

static cJSON *json_layer(const debug *d, const debug_layer *l)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "op_name", l->op);
    cJSON_AddStringToObject(o, "tensor_name", l->name);
    put_number(o, "tensor_idx", l->tensor);
    put_number(o, "num_elements", l->alone.n / d->samples);
    put_number(o, "stddev", l->deviations / d->samples);
    put_number(o, "scale", l->scale);
    put_number(o, "zero_point", l->zero);
    put_number(o, "low", l->low);
    put_number(o, "high", l->high);
    put_number(o, "range_use", debug_range_use(l));
    put_number(o, "clipped", l->clipped / fmax(l->chain.n, 1));
    put_errors(o, "alone", l, &l->alone);
    put_errors(o, "chain", l, &l->chain);
    put_channels(o, l);
    put_histogram(o, "activations", &l->activations);
    if (l->weights.n > 0) {
        put_histogram(o, "weights", &l->weight_values);
        put_number(o, "weight_scales", l->n_weight_scales);
        put_number(o, "weight_sqnr", errors_decibels(&l->weights));
    }
    return o;
}

static char *as_json(const debug *d)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "model", tool_basename(d->model));
    put_number(o, "samples", d->samples);
    cJSON *layers = cJSON_AddArrayToObject(o, "layers");
    for (int i = 0; i < d->n; i++)
        cJSON_AddItemToArray(layers, json_layer(d, &d->layers[i]));
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

bool debug_print(const debug *d, const args *a)
{
    const char *csv = args_text(a, "csv", NULL), *json = args_text(a, "json", NULL);
    const char *report = args_text(a, "report", NULL);
    char *text = as_json(d);
    const page_part parts[] = {{"@DATA@", text}, {NULL, NULL}};
    bool ok = text != NULL;
    print_table(d);
    if (csv && !write_csv(d, csv)) {
        tool_error("%s cannot be written", csv);
        ok = false;
    }
    if (ok && json)
        ok = tool_write_file(json, text, strlen(text));
    if (ok && report && !page_write(debug_html, debug_html_size, parts, report)) {
        tool_error("%s cannot be written", report);
        ok = false;
    }
    cJSON_free(text);
    return ok;
}
