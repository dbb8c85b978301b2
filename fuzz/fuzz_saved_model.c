/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_saved_model.c: bytes as saved_model.pb (a graph without a checkpoint) and as a frozen graph,
 * with every way out open; what is imported is written too. */
#include "emit/emit.h"
#include "import/savedmodel/tf.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(const uint8_t *data, size_t size, bool frozen, bool foreign)
{
    const ln_import_options o = {.select_tf_ops = foreign, .allow_custom_ops = foreign};
    ln_report report;
    ln_model *m = NULL;
    ln_diag diag = {0};
    uint8_t *bytes = NULL;
    size_t n;
    ln_report_init(&report, &ln_alloc_default);
    const ln_status status =
        frozen ? ln_tf_import_frozen_bytes(&m, data, size, &o, &report, &ln_alloc_default, &diag)
               : ln_tf_import_bytes(&m, data, size, &o, &report, &ln_alloc_default, &diag);
    if (status == LN_OK && ln_emit_finish(m) == LN_OK &&
        ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag) == LN_OK)
        ln_free(&ln_alloc_default, bytes);
    ln_model_release(m);
    ln_report_deinit(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int way = 0; way < 4; way++)
        convert(data, size, way & 1, way & 2);
    return 0;
}
