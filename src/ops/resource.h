/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h: handles of resources, which variable.c and hashtable.c share. */
#ifndef LN_OPS_RESOURCE_H
#define LN_OPS_RESOURCE_H

#include "ops/op.h"

/* Input `i` has the type of a handle. */
ln_status ln_check_handle(ln_call *c, int i) LN_MUST_USE;
/* The resource whose handle input `i` holds. */
ln_status ln_resource_of(ln_call *c, int i, int kind, ln_resource **out) LN_MUST_USE;
/* Makes output 0 the handle of a resource, which is made when there is none of that name. */
ln_status ln_set_handle(ln_call *c, int kind, const char *container, const char *name) LN_MUST_USE;

#endif
