/* SPDX-License-Identifier: Apache-2.0 */
/* linnet.h: what this library offers beside the C API of TensorFlow Lite
 * (tensorflow/lite/core/c/c_api.h), on the same objects.
 *
 *     TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
 *     ln_options_set_limits(options, 256 << 20, 1000000);    the model is not trusted
 *     TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options); */
#ifndef LINNET_LINNET_H
#define LINNET_LINNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library exports. */
#define LN_API TFL_CAPI_EXPORT

/* Returns the version of this library, for example "0.1.0"; static.  TfLiteVersion tells the
 * version of TensorFlow Lite that it behaves like. */
LN_API const char *ln_version(void);

/* Turns the CPU engine, the fast code for floating point and integer operators, on (the default)
 * or off.  Without it the reference operators run: slow, and simple enough to be trusted. */
LN_API void ln_options_set_engine(TfLiteInterpreterOptions *options, bool on);

/* Keeps the weights as the CPU engine packs them in the file `path` (copied; NULL: in none, the
 * default).  The first interpreter that has been planned writes it; later ones, in other processes
 * too, load faster from it and share its memory.  It is for one model that comes from a file, this
 * build of the library and this processor: where anything differs it is made anew and replaced in
 * one step.  A file that cannot be written is reported and done without.  The file is trusted as
 * the model is: keep it where others cannot write. */
LN_API void ln_options_set_weight_cache(TfLiteInterpreterOptions *options, const char *path);

/* Which one of several ways to compute the CPU engine takes where they compete: how matrices are
 * cut for the caches, whether threads share a small operator, Winograd's convolution or a plain
 * one. */
typedef enum ln_tuning {
    LN_TUNING_DEFAULT, /* as LINNET_TUNE (off, quick or full) in the environment says, else quick */
    LN_TUNING_OFF,     /* the one that is expected to be fastest */
    LN_TUNING_QUICK,   /* what measurements find in a tenth of the time that loading takes anyway */
    LN_TUNING_FULL,    /* what measuring all of them finds, however long that takes */
} ln_tuning;

/* Sets that.  Results are the same bits whatever is chosen, but for floats with LN_TUNING_FULL,
 * whose last bits may then differ from one process to the next unless a weight cache keeps what was
 * found (in the file's name with ".tune" behind it; quick measuring goes on there, load by load,
 * until it has seen all).  With LINNET_FLOAT=reproducible they do not differ. */
LN_API void ln_options_set_tuning(TfLiteInterpreterOptions *options, ln_tuning tuning);

/* Keeps the values of all tensors, those between operators too, so that each can be read after a
 * run; off at first, since memory is shared.  The CPU engine is left out then: what is inside one
 * of its kernels has no value. */
LN_API void ln_options_set_preserve_tensors(TfLiteInterpreterOptions *options, bool on);

/* Bounds what a model may use: bytes of tensor memory at any time, and operators that one
 * TfLiteInterpreterInvoke runs, those inside loops included.  0: no bound. */
LN_API void ln_options_set_limits(TfLiteInterpreterOptions *options, size_t max_bytes,
                                  uint64_t max_steps);

/* Allows delegates to compute float32 in 16 bits, as Interpreter::SetAllowFp16PrecisionForFp32 of
 * TensorFlow Lite does; off at first. The CPU engine then rounds the operands of matrix products to
 * bfloat16 (x86 with AVX512-BF16: relative errors of 2^-9) or float16 (AArch64 with half-precision
 * arithmetic: 2^-11, and values beyond 65504 become infinite); elsewhere nothing changes. */
LN_API void ln_options_set_fp16(TfLiteInterpreterOptions *options, bool allow);

/* Frees tensors whose size only a run tells as soon as nothing more of the run reads them, rather
 * than keeping their memory for the next run; off at first. */
LN_API void ln_options_set_release(TfLiteInterpreterOptions *options, bool on);

/* Which nodes delegates, the CPU engine included, get to see (`delegable` NULL: all), and whether
 * the nodes that one claims are brought together across others that it does not (`clustered`, the
 * default) or keep their order.  `user` must outlive the interpreter. */
LN_API void ln_options_set_delegation(TfLiteInterpreterOptions *options, bool clustered,
                                      bool (*delegable)(void *user, int graph, int node),
                                      void *user);

/* Returns the last error message of an interpreter, "" when there was none; owned by the
 * interpreter and replaced by the next error. */
LN_API const char *ln_last_error(const TfLiteInterpreter *interpreter);

#ifdef __cplusplus
}
#endif

#endif
