/* SPDX-License-Identifier: Apache-2.0 */
/* regex_steps.h: the steps of a compiled expression, between regex.c and regex_run.c. */
#ifndef LN_OPS_FLEX_REGEX_STEPS_H
#define LN_OPS_FLEX_REGEX_STEPS_H

enum { ANY_CODE = 0x110000 + 255 }; /* the last "character": bytes that are no UTF-8 come last */

enum {
    STEP_MATCH,
    STEP_CLASS,  /* one character in ranges [x, y) */
    STEP_ANY,    /* one character but a newline */
    STEP_JUMP,   /* x on */
    STEP_CHOICE, /* x on, or else y on */
    STEP_SAVE,   /* the place becomes slot x */
    STEP_BEGIN,
    STEP_END,
    STEP_BORDER, /* of a word */
    STEP_INSIDE, /* no border of a word */
};

#endif
