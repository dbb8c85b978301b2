/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: the page of --report: report.html with the run's JSON put in. */
#include "benchmark/benchmark.h"
#include "common/page.h"

/* Made of tools/report.html by cmake/embed.cmake. */
extern const unsigned char report_html[];
extern const size_t report_html_size;

bool benchmark_write_report(const char *json, const char *comparison, const char *path)
{
    const page_part parts[] = {
        {"@DATA@", json}, {"@COMPARISON@", *comparison ? comparison : "null"}, {NULL, NULL}};
    if (!page_write(report_html, report_html_size, parts, path)) {
        benchmark_log("ERROR", "%s: cannot be written", path);
        return false;
    }
    benchmark_log("INFO", "Report: %s", path);
    return true;
}
