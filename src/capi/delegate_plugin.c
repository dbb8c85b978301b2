/* SPDX-License-Identifier: Apache-2.0 */
/* delegate_plugin.c: the delegate of xnnpack_delegate.c by settings in a flatbuffer.  They are a
 * program's own, made in this process, and nobody says how long they are: unlike a model they are
 * trusted. */
#include <string.h>

#include "base/proto.h"
#include "tensorflow/lite/core/acceleration/configuration/c/xnnpack_plugin.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

enum { SETTINGS_XNNPACK = 4 };                                 /* fields of TFLiteSettings */
enum { XNNPACK_THREADS, XNNPACK_FLAGS, XNNPACK_WEIGHT_CACHE }; /* of XNNPackSettings */

/* Where a table has a field; NULL where it has not. */
static const uint8_t *find(const uint8_t *table, size_t field)
{
    const uint8_t *fields = table - (int32_t)ln_proto_le32(table);
    const size_t entry = 2 * (2 + field);
    if (entry + 2 > (size_t)(fields[0] | fields[1] << 8))
        return NULL;
    const size_t at = (size_t)(fields[entry] | fields[entry + 1] << 8);
    return at ? table + at : NULL;
}

/* A table or text that a field leads to. */
static const uint8_t *follow(const uint8_t *table, size_t field)
{
    const uint8_t *at = find(table, field);
    return at ? at + ln_proto_le32(at) : NULL;
}

static TfLiteDelegate *create(const void *tflite_settings)
{
    TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
    const uint8_t *settings = tflite_settings ? follow(tflite_settings, SETTINGS_XNNPACK) : NULL;
    if (settings) {
        const uint8_t *threads = find(settings, XNNPACK_THREADS);
        const uint8_t *flags = find(settings, XNNPACK_FLAGS);
        const uint8_t *path = follow(settings, XNNPACK_WEIGHT_CACHE);
        if (threads)
            options.num_threads = (int32_t)ln_proto_le32(threads);
        if (flags && ln_proto_le32(flags))
            options.flags = ln_proto_le32(flags);
        if (path)
            options.weight_cache_file_path = (const char *)path + 4; /* behind its length */
    }
    return TfLiteXNNPackDelegateCreate(&options);
}

static int no_error(TfLiteDelegate *delegate)
{
    (void)delegate;
    return 0;
}

const TfLiteDelegatePlugin *TfLiteXnnpackDelegatePluginCApi(void)
{
    static const TfLiteDelegatePlugin plugin = {create, TfLiteXNNPackDelegateDelete, no_error};
    return &plugin;
}
