/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c: metadata as structs.  Texts and bytes stay where they are in the buffer; lists and
 * numbers, which may lie there unaligned, are copied.  Verification has bounded how much that is.
 *
 * A list is read by list(): one allocation, then one call per item. */
#include "fb/reader.h"
#include "metadata/meta.h"
#include "schema/metadata_schema.h"

typedef struct decoding {
    ln_arena *arena;
    bool failed; /* memory is out: what is decoded from then on is of no use */
} decoding;

/* Room for `count` items; NULL and 0 where there are none or memory is out. */
static void *room(decoding *d, size_t count, size_t size, int *n)
{
    void *p = count && count <= INT32_MAX ? ln_arena_new(d->arena, count, size) : NULL;
    d->failed = d->failed || (count && !p);
    *n = p ? (int)count : 0;
    return p;
}

typedef void (*read_item)(decoding *d, const ln_fb_table *t, void *item);

static const void *list(decoding *d, const ln_fb_table *t, unsigned slot, size_t size, int *n,
                        read_item read)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    char *items = room(d, v.count, size, n);
    for (int i = 0; i < *n; i++) {
        const ln_fb_table item = ln_fb_item(&v, (size_t)i);
        read(d, &item, items + (size_t)i * size);
    }
    return items;
}

static const float *floats(decoding *d, const ln_fb_table *t, unsigned slot, int *n)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    float *all = room(d, v.count, sizeof *all, n);
    for (int i = 0; i < *n; i++)
        all[i] = ln_fb_f32_item(&v, (size_t)i);
    return all;
}

static const uint32_t *numbers(decoding *d, const ln_fb_table *t, unsigned slot, int *n)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    uint32_t *all = room(d, v.count, sizeof *all, n);
    for (int i = 0; i < *n; i++)
        all[i] = ln_fb_u32_item(&v, (size_t)i);
    return all;
}

static ln_meta_texts texts(decoding *d, const ln_fb_table *t, unsigned slot)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    ln_meta_texts out = {0, NULL};
    const char **all = room(d, v.count, sizeof *all, &out.n);
    for (int i = 0; i < out.n; i++) {
        const size_t at = (size_t)(v.data - v.buffer) + (size_t)i * 4;
        const char *text =
            ln_fb_string_at(v.buffer, v.buffer_size, ln_fb_follow(v.buffer, v.buffer_size, at));
        all[i] = text ? text : "";
    }
    out.all = all;
    return out;
}

/* ---- files and process units ---- */

static void read_file(decoding *d, const ln_fb_table *t, void *item)
{
    (void)d;
    const int type = ln_fb_i8(t, LN_AssociatedFile_type, 0);
    const bool known = type > 0 && type <= LN_META_SCANN_INDEX;
    *(ln_meta_file *)item = (ln_meta_file){
        .name = ln_fb_string(t, LN_AssociatedFile_name),
        .description = ln_fb_string(t, LN_AssociatedFile_description),
        .locale = ln_fb_string(t, LN_AssociatedFile_locale),
        .version = ln_fb_string(t, LN_AssociatedFile_version),
        .type = known ? (ln_meta_file_type)type : LN_META_UNKNOWN_FILE,
    };
}

static ln_meta_files files(decoding *d, const ln_fb_table *t, unsigned slot)
{
    ln_meta_files out;
    out.all = list(d, t, slot, sizeof(ln_meta_file), &out.n, read_file);
    return out;
}

static void read_unit(decoding *d, const ln_fb_table *t, void *item)
{
    ln_meta_unit *u = item;
    const ln_fb_table o = ln_fb_child(t, LN_ProcessUnit_options);
    const int type = ln_fb_u8(t, LN_ProcessUnit_options_type, 0);
    u->type = (ln_meta_unit_type)type;
    switch (type) {
    case LN_ProcessUnitOptions_NormalizationOptions:
        u->mean = floats(d, &o, LN_NormalizationOptions_mean, &u->n_mean);
        u->std = floats(d, &o, LN_NormalizationOptions_std, &u->n_std);
        break;
    case LN_ProcessUnitOptions_ScoreCalibrationOptions:
        u->transformation = (ln_meta_transformation)ln_fb_i8(
            &o, LN_ScoreCalibrationOptions_score_transformation, 0);
        u->default_score = ln_fb_f32(&o, LN_ScoreCalibrationOptions_default_score, 0);
        break;
    case LN_ProcessUnitOptions_ScoreThresholdingOptions:
        u->threshold = ln_fb_f32(&o, LN_ScoreThresholdingOptions_global_score_threshold, 0);
        break;
    case LN_ProcessUnitOptions_BertTokenizerOptions:
        u->vocabularies = files(d, &o, LN_BertTokenizerOptions_vocab_file);
        break;
    case LN_ProcessUnitOptions_SentencePieceTokenizerOptions:
        u->sentence_models = files(d, &o, LN_SentencePieceTokenizerOptions_sentencePiece_model);
        u->vocabularies = files(d, &o, LN_SentencePieceTokenizerOptions_vocab_file);
        break;
    case LN_ProcessUnitOptions_RegexTokenizerOptions:
        u->regex = ln_fb_string(&o, LN_RegexTokenizerOptions_delim_regex_pattern);
        u->vocabularies = files(d, &o, LN_RegexTokenizerOptions_vocab_file);
        break;
    default:
        u->type = LN_META_UNKNOWN_UNIT;
    }
}

static ln_meta_units units(decoding *d, const ln_fb_table *t, unsigned slot)
{
    ln_meta_units out;
    out.all = list(d, t, slot, sizeof(ln_meta_unit), &out.n, read_unit);
    return out;
}

/* ---- tensors ---- */

static void read_content(decoding *d, const ln_fb_table *t, ln_meta_tensor *out)
{
    const ln_fb_table p = ln_fb_child(t, LN_Content_content_properties);
    const ln_fb_table range = ln_fb_child(t, LN_Content_range);
    const int type = ln_fb_u8(t, LN_Content_content_properties_type, 0);
    out->content = type <= LN_META_AUDIO ? (ln_meta_content)type : LN_META_UNKNOWN_CONTENT;
    out->has_range = range.pos != 0;
    out->range_min = ln_fb_i32(&range, LN_ValueRange_min, 0);
    out->range_max = ln_fb_i32(&range, LN_ValueRange_max, 0);
    if (out->content == LN_META_IMAGE) {
        const ln_fb_table size = ln_fb_child(&p, LN_ImageProperties_default_size);
        const int color = ln_fb_i8(&p, LN_ImageProperties_color_space, 0);
        out->color =
            color > 0 && color <= LN_META_GRAYSCALE ? (ln_meta_color)color : LN_META_UNKNOWN_COLOR;
        out->width = ln_fb_u32(&size, LN_ImageSize_width, 0);
        out->height = ln_fb_u32(&size, LN_ImageSize_height, 0);
    } else if (out->content == LN_META_AUDIO) {
        out->sample_rate = ln_fb_u32(&p, LN_AudioProperties_sample_rate, 0);
        out->channels = ln_fb_u32(&p, LN_AudioProperties_channels, 0);
    } else if (out->content == LN_META_BOUNDING_BOX) {
        const int box = ln_fb_i8(&p, LN_BoundingBoxProperties_type, 0);
        out->box = box > 0 && box <= LN_META_CENTER ? (ln_meta_box)box : LN_META_UNKNOWN_BOX;
        out->pixels =
            ln_fb_i8(&p, LN_BoundingBoxProperties_coordinate_type, 0) == LN_CoordinateType_PIXEL;
        out->index = numbers(d, &p, LN_BoundingBoxProperties_index, &out->n_index);
    }
}

static void read_tensor(decoding *d, const ln_fb_table *t, void *item)
{
    ln_meta_tensor *out = item;
    const ln_fb_table content = ln_fb_child(t, LN_TensorMetadata_content);
    const ln_fb_table stats = ln_fb_child(t, LN_TensorMetadata_stats);
    out->name = ln_fb_string(t, LN_TensorMetadata_name);
    out->description = ln_fb_string(t, LN_TensorMetadata_description);
    out->dimension_names = texts(d, t, LN_TensorMetadata_dimension_names);
    read_content(d, &content, out);
    out->units = units(d, t, LN_TensorMetadata_process_units);
    out->min = floats(d, &stats, LN_Stats_min, &out->n_min);
    out->max = floats(d, &stats, LN_Stats_max, &out->n_max);
    out->files = files(d, t, LN_TensorMetadata_associated_files);
}

static ln_meta_tensors tensors(decoding *d, const ln_fb_table *t, unsigned slot)
{
    ln_meta_tensors out;
    out.all = list(d, t, slot, sizeof(ln_meta_tensor), &out.n, read_tensor);
    return out;
}

/* ---- graphs and the model ---- */

static void read_group(decoding *d, const ln_fb_table *t, void *item)
{
    ln_meta_group *out = item;
    out->name = ln_fb_string(t, LN_TensorGroup_name);
    out->tensor_names = texts(d, t, LN_TensorGroup_tensor_names);
}

static ln_meta_groups groups(decoding *d, const ln_fb_table *t, unsigned slot)
{
    ln_meta_groups out;
    out.all = list(d, t, slot, sizeof(ln_meta_group), &out.n, read_group);
    return out;
}

static void read_custom(decoding *d, const ln_fb_table *t, void *item)
{
    (void)d;
    const ln_fb_vector data = ln_fb_vec(t, LN_CustomMetadata_data, 1);
    *(ln_meta_custom *)item =
        (ln_meta_custom){ln_fb_string(t, LN_CustomMetadata_name), data.data, data.count};
}

static void read_graph(decoding *d, const ln_fb_table *t, void *item)
{
    ln_meta_graph *out = item;
    out->name = ln_fb_string(t, LN_SubGraphMetadata_name);
    out->description = ln_fb_string(t, LN_SubGraphMetadata_description);
    out->inputs = tensors(d, t, LN_SubGraphMetadata_input_tensor_metadata);
    out->outputs = tensors(d, t, LN_SubGraphMetadata_output_tensor_metadata);
    out->files = files(d, t, LN_SubGraphMetadata_associated_files);
    out->input_units = units(d, t, LN_SubGraphMetadata_input_process_units);
    out->output_units = units(d, t, LN_SubGraphMetadata_output_process_units);
    out->input_groups = groups(d, t, LN_SubGraphMetadata_input_tensor_groups);
    out->output_groups = groups(d, t, LN_SubGraphMetadata_output_tensor_groups);
    out->custom = list(d, t, LN_SubGraphMetadata_custom_metadata, sizeof(ln_meta_custom),
                       &out->n_custom, read_custom);
}

ln_status ln_meta_decode(ln_arena *arena, const uint8_t *buffer, size_t n,
                         const ln_meta_model **out)
{
    decoding d = {arena, false};
    const ln_fb_table t = ln_fb_root(buffer, n);
    ln_meta_model *m = ln_arena_new(arena, 1, sizeof *m);
    if (!m)
        return LN_ERR_MEMORY;
    m->name = ln_fb_string(&t, LN_ModelMetadata_name);
    m->description = ln_fb_string(&t, LN_ModelMetadata_description);
    m->version = ln_fb_string(&t, LN_ModelMetadata_version);
    m->author = ln_fb_string(&t, LN_ModelMetadata_author);
    m->license = ln_fb_string(&t, LN_ModelMetadata_license);
    m->min_parser_version = ln_fb_string(&t, LN_ModelMetadata_min_parser_version);
    m->graphs = list(&d, &t, LN_ModelMetadata_subgraph_metadata, sizeof(ln_meta_graph),
                     &m->n_graphs, read_graph);
    m->files = files(&d, &t, LN_ModelMetadata_associated_files);
    *out = m;
    return d.failed ? LN_ERR_MEMORY : LN_OK;
}
