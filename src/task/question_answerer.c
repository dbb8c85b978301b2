/* SPDX-License-Identifier: Apache-2.0 */
/* question_answerer.c: the Task Library's BertQuestionAnswerer: of the five best beginnings and
 * ends, the pairs that make sense, by the sum of their logits. */
#include <string.h>

#include "media/score.h"
#include "task/text_input.h"

enum { ANSWERS = 5, MAX_ANSWER = 32, MAX_QUESTION = 64 };

/* A word of the context: between blanks. */
typedef struct word {
    size_t begin, end;
} word;

struct ln_question_answerer {
    ln_task task;
    ln_text_input input;
    int start, end; /* outputs */
    ln_tokens question, context;
    int *word_of; /* of each token of the context; grows with `words` */
    size_t word_of_capacity;
    word *words;
    size_t n_words, words_capacity;
};

void ln_answer_result_free(ln_answer_result *result)
{
    ln_result_free(result, sizeof *result);
}

static bool init(ln_question_answerer *q, ln_task_error *error)
{
    if (q->input.kind != LN_TEXT_BERT)
        return ln_task_fail(
            error, kMetadataInvalidTokenizerError,
            "No input process unit found from metadata. A question answerer needs a "
            "BertTokenizer or SentencePieceTokenizer; `linnet metadata "
            "write-question-answerer` adds it.");
    if (ln_task_outputs(&q->task) < 2)
        return ln_task_fail(error, kInvalidNumOutputTensorsError,
                            "The model has %d output; start_logits and end_logits are needed.",
                            ln_task_outputs(&q->task));
    q->start = ln_task_output_named(&q->task, "start_logits");
    q->end = ln_task_output_named(&q->task, "end_logits");
    if (q->start < 0 || q->end < 0) { /* the Task Library's order */
        q->end = 0;
        q->start = 1;
    }
    return true;
}

ln_question_answerer *ln_question_answerer_create(const ln_text_options *options,
                                                  ln_task_error *error)
{
    ln_question_answerer *q = ln_new(&ln_alloc_default, 1, sizeof *q);
    if (!q) {
        ln_task_fail(error, kError, "No memory for a question answerer.");
        return NULL;
    }
    ln_tokens_init(&q->question, &ln_alloc_default);
    ln_tokens_init(&q->context, &ln_alloc_default);
    if (ln_task_open(&q->task, &options->base, error) &&
        ln_text_input_init(&q->input, &q->task, options, error) && init(q, error))
        return q;
    ln_question_answerer_free(q);
    return NULL;
}

void ln_question_answerer_free(ln_question_answerer *q)
{
    if (!q)
        return;
    ln_tokens_deinit(&q->question);
    ln_tokens_deinit(&q->context);
    ln_free(&ln_alloc_default, q->word_of);
    ln_free(&ln_alloc_default, q->words);
    ln_text_input_deinit(&q->input);
    ln_task_close(&q->task);
    ln_free(&ln_alloc_default, q);
}

/* Tokens of one word, and the word's number for each of them. */
static bool take_word(ln_question_answerer *q, const char *context, size_t begin, size_t end,
                      ln_task_error *error)
{
    const size_t before = q->context.n;
    const ln_alloc *alloc = &ln_alloc_default;
    bool ok = ln_grow(alloc, (void **)&q->words, &q->words_capacity, q->n_words, sizeof *q->words);

    if (!ok)
        return ln_task_fail(error, kError, "No memory for words.");
    q->words[q->n_words] = (word){begin, end};
    if (!ln_tokenize(&q->input.tokenizer, &q->context, context + begin, end - begin, error))
        return false;
    for (size_t i = before; i < q->context.n && ok; i++) {
        ok = ln_grow(alloc, (void **)&q->word_of, &q->word_of_capacity, i, sizeof *q->word_of);
        if (ok)
            q->word_of[i] = (int)q->n_words;
    }
    q->n_words++;
    return ok || ln_task_fail(error, kError, "No memory for tokens.");
}

static bool take_context(ln_question_answerer *q, const char *context, ln_task_error *error)
{
    const size_t n = strlen(context);
    q->context.n = q->n_words = 0;
    for (size_t at = 0; at < n;) {
        const size_t length = strcspn(context + at, " ");
        if (length && !take_word(q, context, at, at + length, error))
            return false;
        at += length + 1;
        if (q->context.n > 1 << 16)
            break; /* no sequence is that long */
    }
    return true;
}

/* The words of an answer, a blank between them. */
static const char *join(const ln_question_answerer *q, const char *context, int first, int last,
                        ln_arena *arena)
{
    const size_t begin = q->words[first].begin, end = q->words[last].end;
    char *text = ln_arena_new(arena, end - begin + 1, 1), *to = text;
    for (int i = first; text && i <= last; i++) {
        const word *w = &q->words[i];
        if (i > first)
            *to++ = ' ';
        memcpy(to, context + w->begin, w->end - w->begin);
        to += w->end - w->begin;
    }
    return text;
}

/* Token `at` of the sequence as one of the context; -1 when it is none. */
static int context_token(int at, int questions, int contexts)
{
    const int i = at - questions - 2; /* [CLS] and [SEP] */
    return i >= 0 && i < contexts ? i : -1;
}

static void insert(ln_answer *answers, int *n, const ln_answer *a)
{
    int i = *n;
    for (; i > 0 && answers[i - 1].logit < a->logit; i--)
        answers[i] = answers[i - 1];
    answers[i] = *a;
    ++*n;
}

typedef struct logits {
    float *start, *end;
    int *starts, *ends; /* in order of their logits */
    int n;
} logits;

static bool read_logits(const ln_question_answerer *q, logits *l, ln_arena *arena,
                        ln_task_error *error)
{
    const TfLiteTensor *start = ln_task_output(&q->task, q->start);
    const TfLiteTensor *end = ln_task_output(&q->task, q->end);
    const size_t n = ln_task_count(start);

    if (ln_task_count(end) != n || n > INT32_MAX)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "start_logits and end_logits differ in size.");
    l->n = (int)n;
    l->start = ln_arena_new(arena, n + 1, sizeof *l->start);
    l->end = ln_arena_new(arena, n + 1, sizeof *l->end);
    l->starts = ln_arena_new(arena, n + 1, sizeof *l->starts);
    l->ends = ln_arena_new(arena, n + 1, sizeof *l->ends);
    if (!l->start || !l->end || !l->starts || !l->ends)
        return ln_task_fail(error, kError, "No memory for logits.");
    if (!ln_task_floats(start, l->start, error) || !ln_task_floats(end, l->end, error))
        return false;
    ln_top_k(l->start, l->n, ANSWERS, l->starts);
    ln_top_k(l->end, l->n, ANSWERS, l->ends);
    return true;
}

static bool find_answers(const ln_question_answerer *q, const char *context, int questions,
                         int contexts, ln_answer_result *result, ln_arena *arena,
                         ln_task_error *error)
{
    ln_answer *all = ln_arena_new(arena, ANSWERS * ANSWERS, sizeof *all);
    logits l = {0};

    if (!all)
        return ln_task_fail(error, kError, "No memory for answers.");
    if (!read_logits(q, &l, arena, error))
        return false;
    for (int i = 0; i < ANSWERS * ANSWERS; i++) {
        const int a = i / ANSWERS, b = i % ANSWERS;
        if (a >= l.n || b >= l.n)
            continue;
        const ln_answer x = {"", l.start[l.starts[a]] + l.end[l.ends[b]], l.starts[a], l.ends[b]};
        if (context_token(x.start, questions, contexts) >= 0 &&
            context_token(x.end, questions, contexts) >= 0 && x.end >= x.start &&
            x.end - x.start + 1 <= MAX_ANSWER)
            insert(all, &result->n, &x);
    }
    result->n = LN_MIN(result->n, ANSWERS);
    result->answers = all;
    for (int i = 0; i < result->n; i++) {
        const int first = q->word_of[context_token(all[i].start, questions, contexts)];
        const int last = q->word_of[context_token(all[i].end, questions, contexts)];
        all[i].text = join(q, context, first, last, arena);
        if (!all[i].text)
            return ln_task_fail(error, kError, "No memory for an answer.");
    }
    return true;
}

ln_answer_result *ln_question_answer(ln_question_answerer *q, const char *context,
                                     const char *question, ln_task_error *error)
{
    ln_arena *arena;

    q->question.n = 0;
    if (!ln_tokenize(&q->input.tokenizer, &q->question, question, strlen(question), error) ||
        !take_context(q, context, error))
        return NULL;
    const int questions = (int)LN_MIN(q->question.n, (size_t)MAX_QUESTION);
    int contexts = (int)q->context.n;
    if (q->input.length)
        contexts = LN_MAX(0, LN_MIN(contexts, q->input.length - questions - 3));
    if (!ln_text_fill_bert(&q->input, q->question.at, questions, q->context.at, contexts, error) ||
        !ln_task_invoke(&q->task, error))
        return NULL;
    ln_answer_result *result = ln_result_new(sizeof *result, &arena);
    if (!result)
        ln_task_fail(error, kError, "No memory for a result.");
    if (!result || !find_answers(q, context, questions, contexts, result, arena, error)) {
        ln_answer_result_free(result);
        return NULL;
    }
    return result;
}
