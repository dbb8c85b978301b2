/* SPDX-License-Identifier: Apache-2.0 */
/* crew.h: several runners of one model, which take a sample each and run at the same time.  What
 * statistics say does not depend on who saw what, as they add up exactly (stats.h). */
#ifndef LN_QUANT_CREW_H
#define LN_QUANT_CREW_H

#include "quant/runner.h"

typedef struct ln_crew ln_crew;

/* threads: how many runners there are, if samples are independent of each other; else one, with so
 * many threads. */
ln_status ln_crew_create(ln_crew **out, const void *model, size_t n, int threads,
                         ln_diag *diag) LN_MUST_USE;
/* NULL is fine. */
void ln_crew_free(ln_crew *c);
/* Whose inputs take the samples. */
TfLiteInterpreter *ln_crew_interpreter(const ln_crew *c);
/* Called for each sample that has run. */
typedef void (*ln_crew_seen)(void *user, const TfLiteInterpreter *p);
void ln_crew_tell(ln_crew *c, ln_crew_seen seen, void *user);
/* Takes sample number `sample`, and runs it once there is one for each runner.  *failed: the runner
 * that did not get through, NULL: they did. */
ln_status ln_crew_run(ln_crew *c, uint64_t sample, const ln_runner **failed) LN_MUST_USE;
/* Runs a signature of the interpreter at once. */
ln_status ln_crew_run_signature(ln_crew *c, TfLiteSignatureRunner *signature, uint64_t sample,
                                const ln_runner **failed) LN_MUST_USE;
/* Runs what waits, and adds what was seen to the crew's statistics. */
ln_status ln_crew_finish(ln_crew *c, const ln_runner **failed) LN_MUST_USE;
ln_stats *ln_crew_stats(const ln_crew *c);
/* The sample by which a range had last grown by more than a tenth; 0: none since the first. */
uint64_t ln_crew_grown(const ln_crew *c);

#endif
