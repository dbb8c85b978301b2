/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h: a lock between threads, which the thread that holds it may take again. */
#ifndef LN_BASE_LOCK_H
#define LN_BASE_LOCK_H

#include "base/alloc.h"
#include "base/status.h"

typedef struct ln_lock ln_lock;

ln_status ln_lock_create(ln_lock **out, const ln_alloc *alloc) LN_MUST_USE;
void ln_lock_destroy(ln_lock *lock);
/* Waits until no other thread holds it. */
void ln_lock_take(ln_lock *lock);
void ln_lock_leave(ln_lock *lock);

#endif
