/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_version.h: the oldest TensorFlow Lite release that has all of a model's operators in the
 * versions that they need. */
#ifndef LN_CONVERT_RUNTIME_VERSION_H
#define LN_CONVERT_RUNTIME_VERSION_H

#include "ir/graph.h"

enum { LN_RELEASE_TEXT = 16 }; /* bytes of the metadata entry */

/* A release as a number that grows with it: of "2.3" or "2.3.0"; 0: this is none. */
long ln_release_number(const char *text);
/* The number of the release that brought this version of an operator; 0: not known, or a custom
 * one.  `text` gets the release. */
long ln_node_release(const ln_node *n, int version, char text[LN_RELEASE_TEXT]);
/* The release, as "2.3.0", of a model that was read from its file, with zeros behind it; "" where
 * no operator says anything.  `op` (may be NULL) is the name of the operator that asks for it. */
void ln_runtime_version(const ln_model *m, char text[LN_RELEASE_TEXT], const char **op);

#endif
