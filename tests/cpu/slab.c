/* SPDX-License-Identifier: Apache-2.0 */
/* slab.c: memory for packed constants: pieces are aligned, do not overlap, and keep what is written
 * to them while others come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/rows.h"
#include "cpu/slab.h"

enum { PIECES = 60 };

typedef struct piece {
    unsigned char *at;
    size_t bytes;
    ln_cpu_slab *from;
} piece;

static void check_piece(const piece *p, int i)
{
    for (size_t k = 0; k < p->bytes; k += 4093)
        assert_int_equal(p->at[k], i);
    assert_int_equal(p->at[p->bytes - 1], i);
}

void test_slab(void **state)
{
    ln_cpu_slabs slabs = {0};
    piece pieces[PIECES];
    bool shared = false;
    (void)state;
    for (int i = 0; i < PIECES; i++) {
        piece *p = &pieces[i];
        p->bytes = (size_t)row_random(1, i % 7 == 6 ? 5 << 20 : 600 << 10);
        p->at = ln_cpu_slab_new(&slabs, p->bytes, &p->from);
        assert_non_null(p->at);
        assert_int_equal((uintptr_t)p->at % 64, 0);
        memset(p->at, i, p->bytes);
        shared = shared || (i > 0 && p->from && p->from == pieces[i - 1].from);
        if (i % 5 == 4) { /* an earlier one goes */
            piece *gone = &pieces[i - 3];
            check_piece(gone, i - 3);
            ln_cpu_slab_free(&slabs, gone->at, gone->from);
            gone->at = NULL;
        }
    }
    assert_true(shared);
    for (int i = PIECES - 1; i >= 0; i--)
        if (pieces[i].at) {
            check_piece(&pieces[i], i);
            ln_cpu_slab_free(&slabs, pieces[i].at, pieces[i].from);
        }
    ln_cpu_slabs_deinit(&slabs);
}
