/* SPDX-License-Identifier: Apache-2.0 */
/* vision_input.c: what the metadata says of an image input, and what the Task Library demands of
 * it (image_tensor_specs.cc, image_preprocessor.cc). */
#include "task/vision_input.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tensorflow/lite/core/c/common.h"

static bool check_tensor(const TfLiteTensor *t, ln_task_error *error)
{
    const TfLiteType type = TfLiteTensorType(t);

    if (TfLiteTensorNumDims(t) != 4)
        return ln_task_fail(error, kInvalidInputTensorDimensionsError,
                            "Only 4D tensors in BHWD layout are supported.");
    if (type != kTfLiteUInt8 && type != kTfLiteFloat32 && type != kTfLiteInt8)
        return ln_task_fail(error, kInvalidInputTensorTypeError,
                            "Type mismatch for input tensor %s. Requested one of these types: "
                            "kTfLiteUint8/kTfLiteInt8/kTfLiteFloat32, got %s.",
                            TfLiteTensorName(t), TfLiteTypeGetName(type));
    if (TfLiteTensorDim(t, 0) != 1 || (TfLiteTensorDim(t, 3) != 3 && TfLiteTensorDim(t, 3) != 1))
        return ln_task_fail(error, kInvalidInputTensorDimensionsError,
                            "The input tensor should have dimensions 1 x height x width x 3. Got "
                            "%d x %d x %d x %d.",
                            TfLiteTensorDim(t, 0), TfLiteTensorDim(t, 1), TfLiteTensorDim(t, 2),
                            TfLiteTensorDim(t, 3));
    if (TfLiteTensorDim(t, 1) <= 0 || TfLiteTensorDim(t, 2) <= 0)
        return ln_task_fail(error, kInvalidInputTensorDimensionsError,
                            "The input %s should be positive.",
                            TfLiteTensorDim(t, 2) <= 0 ? "width" : "height");
    return true;
}

static bool check_metadata(const ln_task *task, const ln_meta_tensor **tensor, ln_task_error *error)
{
    *tensor = NULL;
    if (!ln_task_has_graph_metadata(task))
        return true;
    if (ln_meta_get(task->meta)->graphs[0].inputs.n != 1)
        return ln_task_fail(error, kInvalidNumInputTensorsError,
                            "Models are assumed to have a single input TensorMetadata.");
    *tensor = ln_meta_input(task->meta, 0);
    const ln_meta_tensor *t = *tensor;
    if (t->content != LN_META_IMAGE && t->content != LN_META_UNKNOWN_CONTENT)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Expected ImageProperties for tensor %s, got %s.",
                            t->name ? t->name : "#0",
                            t->content == LN_META_FEATURE ? "FeatureProperties"
                            : t->content == LN_META_AUDIO ? "AudioProperties"
                                                          : "BoundingBoxProperties");
    return true;
}

/* Where the numbers of a normalization come from: the metadata, else the options. */
static bool find_normalization(const ln_meta_tensor *t, const ln_vision_options *o, float mean[3],
                               float std[3], int *n, ln_task_error *error)
{
    const ln_meta_unit *unit = t ? ln_meta_find_unit(&t->units, LN_META_NORMALIZATION) : NULL;

    *n = 0;
    if (unit) {
        if (unit->n_mean != unit->n_std)
            return ln_task_fail(error, kMetadataInvalidProcessUnitsError,
                                "NormalizationOptions: expected mean and std of same dimension, "
                                "got %d and %d.",
                                unit->n_mean, unit->n_std);
        if (unit->n_mean != 1 && unit->n_mean != 3)
            return ln_task_fail(error, kMetadataInvalidProcessUnitsError,
                                "NormalizationOptions: only 1 or 3 mean and std values are "
                                "supported, got %d.",
                                unit->n_mean);
        *n = unit->n_mean;
        memcpy(mean, unit->mean, (size_t)*n * sizeof *mean);
        memcpy(std, unit->std, (size_t)*n * sizeof *std);
    } else if (o->n_mean == 1 || o->n_mean == 3) {
        *n = o->n_mean;
        memcpy(mean, o->mean, sizeof o->mean);
        memcpy(std, o->std, sizeof o->std);
    }
    for (int i = 0; i < *n; i++) {
        if (!(fabsf(std[i]) >= FLT_EPSILON))
            return ln_task_fail(error, kMetadataInvalidProcessUnitsError,
                                "NormalizationOptions.std_values can't be 0. Please check if the "
                                "tensor metadata has been populated correctly.");
    }
    return true;
}

static bool make_table(ln_vision_input *in, const TfLiteTensor *t, const ln_meta_tensor *meta,
                       const ln_vision_options *o, ln_task_error *error)
{
    const int channels = TfLiteTensorDim(t, 3);
    const TfLiteType type = TfLiteTensorType(t);
    float mean[3], std[3];
    int n;

    if (!find_normalization(meta, o, mean, std, &n, error))
        return false;
    if (type == kTfLiteUInt8) {
        ln_pixel_table_plain(&in->table, LN_PIXEL_U8, channels);
        return true;
    }
    if (n == 0 && type == kTfLiteFloat32)
        return ln_task_fail(error, kMetadataMissingNormalizationOptionsError,
                            "Input tensor has type kTfLiteFloat32: it requires specifying "
                            "NormalizationOptions metadata to preprocess input images. `linnet "
                            "metadata write-image-classifier --mean 127.5 --std 127.5` adds it, or "
                            "give mean and std in the options.");
    const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
    if (n == 0 || (type == kTfLiteInt8 && !(q.scale > 0))) {
        ln_pixel_table_plain(&in->table, LN_PIXEL_S8, channels);
        return true;
    }
    ln_pixel_table_normalize(&in->table, channels, mean, std, n);
    if (type == kTfLiteInt8)
        ln_pixel_table_quantize(&in->table, q.scale, q.zero_point);
    return true;
}

bool ln_vision_input_init(ln_vision_input *in, ln_task *task, const ln_vision_options *o,
                          ln_task_error *error)
{
    const ln_meta_tensor *meta;

    *in = (ln_vision_input){.task = task, .letterbox = o->letterbox};
    ln_converter_init(&in->converter, &ln_alloc_default);
    if (!check_metadata(task, &meta, error))
        return false;
    if (ln_task_inputs(task) != 1)
        return ln_task_fail(error, kInvalidNumInputTensorsError,
                            "Models are assumed to have a single input.");
    const TfLiteTensor *t = ln_task_input(task, 0);
    if (!check_tensor(t, error))
        return false;
    if (meta && meta->content == LN_META_IMAGE && meta->color != LN_META_RGB &&
        TfLiteTensorDim(t, 3) == 3)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Only RGB color space is supported for now.");
    const TfLiteIntArray *open = t->dims_signature;
    in->open_height = open && open->size == 4 && open->data[1] == -1;
    in->open_width = open && open->size == 4 && open->data[2] == -1;
    return make_table(in, t, meta, o, error);
}

void ln_vision_input_deinit(ln_vision_input *in)
{
    if (in->converter.alloc)
        ln_converter_deinit(&in->converter);
}

/* Gives an input of open size the size of the (upright) image. */
static bool resize(ln_vision_input *in, int width, int height, ln_task_error *error)
{
    TfLiteInterpreter *interpreter = in->task->interpreter;
    const TfLiteTensor *t = ln_task_input(in->task, 0);
    const int dims[4] = {1, in->open_height ? height : TfLiteTensorDim(t, 1),
                         in->open_width ? width : TfLiteTensorDim(t, 2), TfLiteTensorDim(t, 3)};

    if (dims[1] == TfLiteTensorDim(t, 1) && dims[2] == TfLiteTensorDim(t, 2))
        return true;
    if (TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 4) != kTfLiteOk ||
        TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        return ln_task_fail(error, kError, "The model does not take an image of %d x %d: %s", width,
                            height, in->task->message);
    return true;
}

bool ln_vision_run(ln_vision_input *in, const ln_frame *frame, const ln_box *roi,
                   ln_task_error *error)
{
    ln_diag diag = {0};
    ln_planes planes; /* only to check frame and region before their sizes count */
    ln_status status = ln_frame_planes(&planes, frame, roi, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);

    const bool turns = ln_orientation_turns(frame->orientation);
    const int across = roi ? roi->width : frame->width, down = roi ? roi->height : frame->height;
    const int width = turns ? down : across, height = turns ? across : down;
    if ((in->open_width || in->open_height) && !resize(in, width, height, error))
        return false;
    TfLiteTensor *t = ln_task_input(in->task, 0);
    ln_target target = {TfLiteTensorData(t), TfLiteTensorDim(t, 2), TfLiteTensorDim(t, 1), {0}};
    target.inner = (ln_box){0, 0, target.width, target.height};
    if (in->letterbox) {
        target.inner = ln_letterbox(width, height, target.width, target.height);
        memset(target.data, 0, TfLiteTensorByteSize(t));
    }
    status = ln_convert_frame(&in->converter, frame, roi, &in->table, &target, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, kImageProcessingError, status, &diag);
    return ln_task_invoke(in->task, error);
}

void ln_vision_inner(const ln_vision_input *in, int width, int height, float inner[4])
{
    const TfLiteTensor *t = ln_task_input(in->task, 0);
    const int w = TfLiteTensorDim(t, 2), h = TfLiteTensorDim(t, 1);
    const ln_box box = in->letterbox ? ln_letterbox(width, height, w, h) : (ln_box){0, 0, w, h};

    inner[0] = (float)box.x / (float)w;
    inner[1] = (float)box.y / (float)h;
    inner[2] = (float)box.width / (float)w;
    inner[3] = (float)box.height / (float)h;
}
