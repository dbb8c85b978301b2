/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c: the mapping table: every operator of TensorFlow that has a translation. */
#include <string.h>

#include "import/savedmodel/tf.h"

static const ln_tf_row *const families[] = {
    ln_tf_rows_math,       ln_tf_rows_compare, ln_tf_rows_conv,   ln_tf_rows_product,
    ln_tf_rows_shape,      ln_tf_rows_slice,   ln_tf_rows_gather, ln_tf_rows_reduce,
    ln_tf_rows_image,      ln_tf_rows_search,  ln_tf_rows_flow,   ln_tf_rows_lists,
    ln_tf_rows_variables,  ln_tf_rows_tables,  ln_tf_rows_random, ln_tf_rows_matrix,
    ln_tf_rows_norm,       ln_tf_rows_segment, ln_tf_rows_switch, ln_tf_rows_arrays,
    ln_tf_rows_signal,     ln_tf_rows_train,   ln_tf_rows_cast,   ln_tf_rows_assign,
    ln_tf_rows_list_parts,
};

enum { FAMILY = 1 << 12 };

ln_status ln_tf_rows(ln_tf *tf)
{
    tf->rows = (ln_names){.arena = tf->arena};
    for (int f = 0; f < (int)LN_COUNTOF(families); f++)
        for (int i = 0; families[f][i].name; i++)
            if (!ln_names_put(&tf->rows, families[f][i].name, strlen(families[f][i].name),
                              f * FAMILY + i))
                return LN_ERR_MEMORY;
    return LN_OK;
}

const ln_tf_row *ln_tf_row_of(const ln_tf *tf, const char *op)
{
    const int i = ln_names_get(&tf->rows, op, strlen(op));
    return i < 0 ? NULL : &families[i / FAMILY][i % FAMILY];
}
