/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c: a recursive mutex of POSIX threads. */
#include "base/lock.h"

#include <pthread.h>

struct ln_lock {
    ln_alloc alloc;
    pthread_mutex_t mutex;
};

static bool init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t how;
    if (pthread_mutexattr_init(&how) != 0)
        return false;
    const bool ok = pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE) == 0 &&
                    pthread_mutex_init(mutex, &how) == 0;
    pthread_mutexattr_destroy(&how);
    return ok;
}

ln_status ln_lock_create(ln_lock **out, const ln_alloc *alloc)
{
    ln_lock *lock = ln_new(alloc, 1, sizeof *lock);
    *out = NULL;
    if (!lock)
        return LN_ERR_MEMORY;
    lock->alloc = *alloc;
    if (!init(&lock->mutex)) {
        ln_free(alloc, lock);
        return LN_ERR_MEMORY;
    }
    *out = lock;
    return LN_OK;
}

void ln_lock_destroy(ln_lock *lock)
{
    if (!lock)
        return;
    const ln_alloc alloc = lock->alloc;
    pthread_mutex_destroy(&lock->mutex);
    ln_free(&alloc, lock);
}

void ln_lock_take(ln_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

void ln_lock_leave(ln_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
