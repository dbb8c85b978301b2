/* SPDX-License-Identifier: Apache-2.0 */
/* node.h: the functions of a program that translate operators (linnet/convert_op.h), as importers
 * call them. */
#ifndef LN_CONVERT_NODE_H
#define LN_CONVERT_NODE_H

#include "emit/foreign.h"
#include "linnet/convert.h"

/* The importers of `o`, which must outlive the result. */
ln_foreign_importers ln_convert_importers(const ln_convert_options *o);

#endif
