/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h: sums up durations one by one: TensorFlow Lite's Stat, whose line tools know. */
#ifndef TALLY_H
#define TALLY_H

#include <stdint.h>

typedef struct tally {
    int64_t count;
    double first, newest, min, max, sum, squares;
} tally;

enum { TALLY_TEXT = 256 };

void tally_add(tally *t, double value);
/* 0 where there is nothing. */
double tally_mean(const tally *t);
/* Of the values as a whole population. */
double tally_variance(const tally *t);
double tally_deviation(const tally *t);
/* "count=2 first=10 curr=12 min=10 max=12 avg=11 std=1", in whole numbers but for the mean. */
void tally_text(const tally *t, char text[TALLY_TEXT]);

#endif
