/* SPDX-License-Identifier: Apache-2.0 */
/* downgrade.c: versions of operators by what they do, and operators that a release lacks. */
#include "convert/downgrade.h"

#include <stdio.h>
#include <string.h>

#include "convert/runtime_version.h"
#include "model/write.h"
#include "opt/rules.h"
#include "opt/tidy.h"

/* The release that reads constants outside of the flatbuffer. */
static const char outside_since[] = "2.15";

enum { MAX_ROUNDS = 8 };

/* The version that a node asks for: no higher than what its file says. */
static int version_of(const ln_graph *g, const ln_node *n)
{
    const int lowest = ln_node_version(g, n);
    return n->source ? LN_MIN(n->version, lowest) : lowest;
}

/* The version with release "0" was never out: the next one is meant. */
static int released_version(const ln_node *n, int version)
{
    char text[LN_RELEASE_TEXT];
    ln_node_release(n, version, text);
    return strcmp(text, "0") == 0 ? version + 1 : version;
}

static bool is_newer(const ln_graph *g, const ln_node *n, long target, char text[LN_RELEASE_TEXT])
{
    const int version = released_version(n, version_of(g, n));
    return ln_node_release(n, version, text) > target;
}

static bool lower_newer(ln_opt *o, int node)
{
    char text[LN_RELEASE_TEXT];
    const long target = *(const long *)o->options->user;
    const ln_node *n = ln_opt_node_at(o, node);
    if (n->custom_name)
        return strcmp(n->custom_name, "Erf") == 0 && ln_pass_erf(o, node);
    return is_newer(o->g, n, target, text) &&
           (ln_rules_apply(o, o->options->rules, node) || ln_lower(o, node));
}

static ln_status lower_all(ln_model *m, long target, ln_diag *diag)
{
    ln_rules rules;
    ln_rules_init(&rules, &m->alloc);
    ln_status status = LN_OK;
    for (int i = 0; status == LN_OK && ln_lower_rules[i]; i++)
        status = ln_rules_parse(&rules, ln_lower_rules[i], diag);
    const ln_opt_options how = {.keep_names = true, .rules = &rules, .user = &target};
    for (int g = 0; status == LN_OK && g < m->n_graphs; g++) {
        int changes = 1;
        for (int round = 0; status == LN_OK && changes && round < MAX_ROUNDS; round++) {
            changes = 0;
            status = ln_opt_each(m, m->graphs[g], &how, lower_newer, &changes);
        }
    }
    ln_rules_deinit(&rules);
    return status == LN_OK ? ln_tidy(m, &how) : status;
}

/* ---- what is left ---- */

static void add_line(char *text, size_t room, const ln_node *n, int version, const char *release)
{
    char line[160];
    const size_t used = strlen(text);
    const int length = snprintf(line, sizeof line, "\n  %s version %d, which came with %s%s%s",
                                ln_op_code_name(n->builtin), version, release,
                                n->location ? ", first in " : "", n->location ? n->location : "");
    char key[64];
    snprintf(key, sizeof key, "\n  %s version %d,", ln_op_code_name(n->builtin), version);
    if (!strstr(text, key) && length > 0 && used + (size_t)length < room)
        memcpy(text + used, line, strlen(line) + 1);
}

static ln_status check(const ln_model *m, const char *target, long number, ln_diag *diag)
{
    char text[LN_DIAG_TEXT - 256] = "", release[LN_RELEASE_TEXT];
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            const int version = released_version(n, version_of(m->graphs[g], n));
            if (!n->custom_name && is_newer(m->graphs[g], n, number, release))
                add_line(text, sizeof text, n, version, release);
        }
    return text[0] ? ln_fail(diag, LN_ERR_UNSUPPORTED,
                             "TensorFlow Lite %s does not have:%s\nAim at a later release, or "
                             "replace them by rules of your own: `linnet optimize --rules FILE "
                             "--target-version %s`",
                             target, text, target)
                   : LN_OK;
}

ln_status ln_downgrade(ln_model *m, const char *target, ln_diag *diag)
{
    const long number = ln_release_number(target);
    if (number == 0)
        return ln_fail(diag, LN_ERR_ARGUMENT, "\"%s\" is no release, which go like 2.3 or 2.16.1",
                       target);
    LN_TRY(lower_all(m, number, diag));
    LN_TRY(check(m, target, number, diag));
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            ln_node *n = &m->graphs[g]->nodes[i];
            if (!n->custom_name)
                n->version = released_version(n, version_of(m->graphs[g], n));
        }
    for (int i = 0; i < m->n_buffers && number < ln_release_number(outside_since); i++)
        m->buffers[i].outside = false;
    return LN_OK;
}
