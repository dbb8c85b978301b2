/* SPDX-License-Identifier: Apache-2.0 */
/* media.h: the tests of src/media, a list per file. */
#ifndef MEDIA_TESTS_H
#define MEDIA_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void media_pixels(int *failed);
void media_scores(int *failed);
void media_tokens(int *failed);
void media_sounds(int *failed);

#endif
