/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: a model with its interpreter, errors as text and arrays as values: what check, run
 * and bench share. */
#ifndef SESSION_H
#define SESSION_H

#include "common/args.h"
#include "common/value.h"
#include "linnet/interpreter.h"
#include "tensorflow/lite/c/common.h"

enum { SESSION_ERROR = 1024 };

typedef struct session_options {
    int threads;              /* -1: the library's choice */
    bool reference;           /* run the reference operators, without the CPU engine */
    bool round_trip;          /* write the model and read that back first */
    bool profile;             /* keep times per node */
    const char *weight_cache; /* file of packed weights; NULL: none */
    ln_tuning tuning;
    const char *delegate;      /* the library of an external delegate; NULL: none */
    const char *custom_ops[8]; /* plug-ins with operators; NULL behind the last one */
    /* Sets what else there is to set; or NULL. */
    void (*configure)(TfLiteInterpreterOptions *options, void *user);
    void *user;
} session_options;

/* The options that session_read_options reads, to stand in a command's table. */
#define SESSION_OPTIONS                                                                           \
    {"delegate", "none|cpu|FILE", "references only, the CPU engine too (default), or a library"}, \
        {"custom-ops", "FILE", "a plug-in with custom operators; may be repeated"},               \
        {"threads", "N", "threads of the CPU engine (default 1; -1: the library's choice)"},      \
        {"weight-cache", "FILE", "keep packed weights there, to load faster the next time"},      \
    {                                                                                             \
        "tune", "off|quick|full", "choose among ways to compute by measuring (default quick)"     \
    }
/* False with a message on stderr when the command line is wrong. */
bool session_read_options(session_options *options, const args *a);
/* What --tune asks for; NULL: nothing. */
bool session_read_tuning(session_options *options, const char *mode);
/* What a --delegate, of that name, asks for. */
bool session_read_delegate(session_options *options, const char *option, const char *delegate);

typedef struct session {
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
    TfLiteSignatureRunner *runner; /* of the signature in use; NULL: the main graph */
    int graph;                     /* the number of the graph in use */
    void *rewritten;               /* the bytes that round_trip wrote */
    void *bytes;                   /* those that came from stdin */
    TfLiteDelegate *delegate;      /* the external one */
    char error[SESSION_ERROR];     /* the messages since the last call, joined by "; " */
} session;

/* Opens a model whose bytes stay valid while the session lives.  On failure s->error says why;
 * session_close is due in any event. */
bool session_open(session *s, const void *bytes, size_t n, const session_options *options);
/* `-`: stdin. */
bool session_open_file(session *s, const char *path, const session_options *options);
void session_close(session *s);

/* Makes the functions below work on a signature. */
bool session_use_signature(session *s, const char *key);
bool session_delegate(session *s, TfLiteDelegate *delegate);

int session_input_count(const session *s);
int session_output_count(const session *s);
/* What the model, or the signature, calls an input; "" when nothing. */
const char *session_input_name(const session *s, int i);
TfLiteTensor *session_input(const session *s, int i);
const TfLiteTensor *session_output(const session *s, int i);

/* Gives input `i` a shape; session_allocate is due afterwards. */
bool session_resize(session *s, int i, const int *dims, int rank);
bool session_allocate(session *s);
bool session_invoke(session *s);
/* Copies an array into an input of the same type and size. */
bool session_set_input(session *s, int i, const value *v);
/* Node `i` of the main graph with its times; false past the last one. */
bool session_node(const session *s, int i, ln_tflite_profile *profile);
void session_profile_reset(session *s);
void session_memory(const session *s, ln_tflite_memory *memory);
/* Copies a tensor out; v is to be freed. */
bool session_get(session *s, const TfLiteTensor *t, value *v);

#endif
