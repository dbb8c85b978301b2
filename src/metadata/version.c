/* SPDX-License-Identifier: Apache-2.0 */
/* version.c: the oldest version of the schema that has all that some metadata uses, by the rules of
 * tflite-support (metadata_version.cc). */
#include <string.h>

#include "fb/reader.h"
#include "metadata/meta.h"
#include "schema/metadata_schema.h"

/* A field that came later, or a value of one; value -1: any, the field is there. */
static const struct rule {
    int16_t table, slot, value;
    const char *version;
} rules[] = {
    {LN_T_AssociatedFile, LN_AssociatedFile_type, LN_AssociatedFileType_VOCABULARY, "1.0.1"},
    {LN_T_SubGraphMetadata, LN_SubGraphMetadata_input_process_units, -1, "1.1.0"},
    {LN_T_SubGraphMetadata, LN_SubGraphMetadata_output_process_units, -1, "1.1.0"},
    {LN_T_ProcessUnit, LN_ProcessUnit_options_type, LN_ProcessUnitOptions_BertTokenizerOptions,
     "1.1.0"},
    {LN_T_ProcessUnit, LN_ProcessUnit_options_type,
     LN_ProcessUnitOptions_SentencePieceTokenizerOptions, "1.1.0"},
    {LN_T_SubGraphMetadata, LN_SubGraphMetadata_input_tensor_groups, -1, "1.2.0"},
    {LN_T_SubGraphMetadata, LN_SubGraphMetadata_output_tensor_groups, -1, "1.2.0"},
    {LN_T_ProcessUnit, LN_ProcessUnit_options_type, LN_ProcessUnitOptions_RegexTokenizerOptions,
     "1.2.1"},
    {LN_T_Content, LN_Content_content_properties_type, LN_ContentProperties_AudioProperties,
     "1.3.0"},
    {LN_T_AssociatedFile, LN_AssociatedFile_type, LN_AssociatedFileType_SCANN_INDEX_FILE, "1.4.0"},
    {LN_T_AssociatedFile, LN_AssociatedFile_version, -1, "1.4.1"},
    {LN_T_SubGraphMetadata, LN_SubGraphMetadata_custom_metadata, -1, "1.5.0"},
};

/* The number of the strictest rule so far; they stand in order of versions. */
static void visit(int table, const ln_fb_table *t, size_t *strictest)
{
    for (size_t i = *strictest + 1; i < LN_COUNTOF(rules) + 1; i++) {
        const struct rule *r = &rules[i - 1];
        if (r->table != table)
            continue;
        /* enumerations and types of unions are bytes, and none of these is above 127 */
        if (r->value < 0 ? ln_fb_slot(t, (unsigned)r->slot, 4) != 0
                         : ln_fb_u8(t, (unsigned)r->slot, 0) == r->value)
            *strictest = i;
    }
    for (const ln_fb_field *f = ln_fb_fields(&ln_metadata_schema, table); f->name; f++) {
        if (f->kind == LN_FB_TABLE && f->many) {
            const ln_fb_vector v = ln_fb_vec(t, f->slot, 4);
            for (size_t i = 0; i < v.count; i++) {
                const ln_fb_table item = ln_fb_item(&v, i);
                visit(f->ref, &item, strictest);
            }
        } else if (f->kind == LN_FB_TABLE || f->kind == LN_FB_UNION) {
            const int type = f->kind == LN_FB_UNION ? ln_fb_u8(t, f->slot - 1u, 0) : 0;
            const int child = f->kind == LN_FB_UNION
                                  ? ln_fb_union_table(&ln_metadata_schema, f->ref, type)
                                  : f->ref;
            const ln_fb_table item = ln_fb_child(t, f->slot);
            if (child >= 0 && item.pos)
                visit(child, &item, strictest);
        }
    }
}

const char *ln_meta_version(const void *buffer, size_t n, ln_meta_error *error)
{
    ln_diag diag = {0};
    size_t strictest = 0;
    if (!ln_meta_report(ln_meta_verify(buffer, n, &diag), &diag, error))
        return NULL;
    const ln_fb_table root = ln_fb_root(buffer, n);
    visit(ln_metadata_schema.root, &root, &strictest);
    return strictest ? rules[strictest - 1].version : "1.0.0";
}
