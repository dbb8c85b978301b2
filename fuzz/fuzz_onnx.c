/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_onnx.c: bytes as an ONNX model: imported, finished and written; what was written must be a
 * model that can be read. */
#include <stdio.h>
#include <stdlib.h>

#include "import/onnx/onnx.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const ln_model *m)
{
    uint8_t *bytes;
    size_t n;
    ln_diag diag = {0};
    ln_model *again;
    if (ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag) != LN_OK)
        return;
    if (ln_model_open_memory(&again, bytes, n, &ln_alloc_default, &diag) != LN_OK) {
        fprintf(stderr, "what was written cannot be read: %s\n", diag.text);
        abort();
    }
    ln_model_release(again);
    ln_free(&ln_alloc_default, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ln_import_options options = {0};
    ln_diag diag = {0};
    ln_report report;
    ln_model *m;
    ln_report_init(&report, &ln_alloc_default);
    const ln_status status =
        ln_ox_import(&m, "none/model.onnx", (ln_bytes){data, size}, NULL, &options, &report, &diag);
    if (status == LN_OK && ln_emit_finish(m) == LN_OK)
        check_written(m);
    ln_model_release(m);
    ln_report_deinit(&report);
    return 0;
}
