/* SPDX-License-Identifier: Apache-2.0 */
/* proto.h: writes protocol buffers, as bytes or as text.  A message is its fields in any order:
 *
 *     proto p = {.text = false};
 *     proto_begin(&p, 2, "latency_metrics");
 *     proto_float(&p, 1, "avg_ms", 12.3f);
 *     proto_end(&p);
 *     ... p.bytes, p.n ...
 *     proto_free(&p); */
#ifndef PROTO_H
#define PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTO_MAX_DEPTH = 8 };

typedef struct proto {
    bool text; /* the form that DebugString of the official library gives */
    uint8_t *bytes;
    size_t n, capacity;
    size_t begun[PROTO_MAX_DEPTH]; /* where the messages that are being written begin */
    int depth;
} proto;

void proto_begin(proto *p, int field, const char *name);
void proto_end(proto *p);
/* Of the types int32, int64, bool and enum; as text an enum's name may stand for it. */
void proto_int(proto *p, int field, const char *name, int64_t value);
void proto_enum(proto *p, int field, const char *name, int value, const char *word);
void proto_float(proto *p, int field, const char *name, float value);
void proto_string(proto *p, int field, const char *name, const char *text);
/* A repeated field, packed. */
void proto_ints(proto *p, int field, const char *name, const int *values, int n);
void proto_int64s(proto *p, int field, const char *name, const int64_t *values, size_t n);
void proto_floats(proto *p, int field, const char *name, const float *values, size_t n);
/* Writes the file and frees; false with a message. */
bool proto_save(proto *p, const char *path);
void proto_free(proto *p);

#endif
