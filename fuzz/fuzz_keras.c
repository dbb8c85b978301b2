/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_keras.c: Keras models, .keras and .h5: imports one, closes its dimensions and writes it. */
#include "emit/emit.h"
#include "import/keras/keras.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ln_import_options options = {.n_shapes = 0, .select_tf_ops = true};
    ln_diag diag = {0};
    ln_report report;
    ln_model *m = NULL;
    uint8_t *bytes = NULL;
    size_t n;
    ln_report_init(&report, &ln_alloc_default);
    if (ln_keras_import(&m, data, size, &options, &report, &ln_alloc_default, &diag) == LN_OK &&
        ln_emit_finish(m) == LN_OK &&
        ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag) == LN_OK)
        ln_free(&ln_alloc_default, bytes);
    ln_model_release(m);
    ln_report_deinit(&report);
    return 0;
}
