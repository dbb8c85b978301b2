/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_report.c: the page of --report: report.html, which the build embeds, with the run's
 * JSON put in.  The page needs nothing else, no network either. */
#include <string.h>

#include "benchmark.h"
#include "tool.h"

/* Made of tools/report.html by cmake/embed.cmake. */
extern const unsigned char report_html[];
extern const size_t report_html_size;

/* JSON inside of a script element: "</" would end that. */
static void put_json(FILE *f, const char *json)
{
    for (; *json; json++) {
        if (json[0] == '<' && json[1] == '/')
            fputs("<\\", f);
        else
            fputc(*json, f);
    }
}

bool benchmark_write_report(const char *json, const char *comparison, const char *path)
{
    static const char mark[] = "@DATA@", other[] = "@COMPARISON@";
    FILE *f = fopen(path, "w");
    for (size_t i = 0; f && i < report_html_size;) {
        const size_t left = report_html_size - i;
        if (left >= sizeof mark - 1 && memcmp(report_html + i, mark, sizeof mark - 1) == 0) {
            put_json(f, json);
            i += sizeof mark - 1;
        } else if (left >= sizeof other - 1 &&
                   memcmp(report_html + i, other, sizeof other - 1) == 0) {
            put_json(f, *comparison ? comparison : "null");
            i += sizeof other - 1;
        } else {
            fputc(report_html[i++], f);
        }
    }
    if (!f || fclose(f) != 0) {
        benchmark_log("ERROR", "%s: cannot be written", path);
        return false;
    }
    benchmark_log("INFO", "Report: %s", path);
    return true;
}
