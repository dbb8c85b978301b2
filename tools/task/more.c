/* SPDX-License-Identifier: Apache-2.0 */
/* more.c: `linnet embed`, `answer` and `listen`. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "linnet/task/audio.h"
#include "linnet/task/text.h"
#include "task/task.h"

/* ---- embed: images, sound or texts; of two in a row it says how alike they are ---- */

typedef struct embedder {
    ln_image_embedder *images;
    ln_text_embedder *texts;
    ln_audio_embedder *sounds;
    ln_embedding_result *before;
    ln_task_error error;
} embedder;

static ln_embedding_result *embed_one(embedder *e, const char *input)
{
    ln_embedding_result *r = NULL;
    if (e->texts)
        return ln_text_embed(e->texts, input, &e->error);
    if (e->sounds) {
        ln_audio *audio = ln_audio_read(input, &e->error);
        r = audio ? ln_audio_embed(e->sounds, audio, 0, &e->error) : NULL;
        ln_audio_free(audio);
    } else {
        ln_image *image = ln_image_read(input, &e->error);
        r = image ? ln_image_embed(e->images, &image->frame, NULL, &e->error) : NULL;
        ln_image_free(image);
    }
    return r;
}

static int embed_next(const args *a, embedder *e, const char *input)
{
    ln_embedding_result *r = embed_one(e, input);
    double cosine;
    if (!r)
        return tool_error("%s: %s", input, e->error.message);
    task_print_vectors(a, input, r);
    if (e->before && !args_flag(a, "json") && r->n > 0 &&
        ln_cosine_similarity(&e->before->embeddings[0], &r->embeddings[0], &cosine))
        printf("  cosine with the one before: %.6f\n", cosine);
    ln_embedding_result_free(e->before);
    e->before = r;
    return TOOL_OK;
}

static bool open_embedder(const args *a, const ln_vision_options *o, embedder *e)
{
    const ln_text_options texts = {.base = o->base, .embedding = o->embedding};
    const ln_audio_options sounds = {.base = o->base, .embedding = o->embedding};
    if (args_flag(a, "text"))
        e->texts = ln_text_embedder_create(&texts, &e->error);
    else if (tool_ends_with(a->operands[1], ".wav"))
        e->sounds = ln_audio_embedder_create(&sounds, &e->error);
    else
        e->images = ln_image_embedder_create(o, &e->error);
    return e->texts || e->sounds || e->images;
}

static int embed(const args *a)
{
    ln_vision_options o = {0};
    embedder e = {0};
    const char *text;
    int code = TOOL_OK, at = 0;
    if (a->n_operands < 1 || (a->n_operands < 2) == !args_flag(a, "text")) {
        tool_error("give a model, and files or --text");
        return TOOL_USAGE;
    }
    if (!task_vision(a, &o, NULL))
        return TOOL_USAGE;
    o.embedding.l2_normalize = args_flag(a, "l2");
    o.embedding.quantize = args_flag(a, "quantize");
    if (!open_embedder(a, &o, &e))
        return tool_error("%s: %s", a->operands[0], e.error.message);
    for (int i = 1; i < a->n_operands && code == TOOL_OK; i++)
        code = embed_next(a, &e, a->operands[i]);
    while (code == TOOL_OK && (text = args_next(a, "text", &at)))
        code = embed_next(a, &e, text);
    ln_embedding_result_free(e.before);
    ln_image_embedder_free(e.images);
    ln_text_embedder_free(e.texts);
    ln_audio_embedder_free(e.sounds);
    return code;
}

static const arg_option embed_options[] = {
    {"text", "TEXT", "embed this text, by a text model; may be repeated"},
    {"l2", NULL, "scale vectors to length 1"},
    {"quantize", NULL, "to 8 bits; use with --l2"},
    VISION_OPTIONS,
    TASK_OPTIONS,
    {0},
};

const command embed_command = {
    .name = "embed",
    .operands = "MODEL [FILE...]",
    .summary = "Turns images, WAV files or texts into vectors and compares these.",
    .options = embed_options,
    .run = embed,
};

/* ---- answer ---- */

static void print_answers(const args *a, const char *question, const ln_answer_result *r)
{
    cJSON *json = task_json(question), *list = cJSON_AddArrayToObject(json, "answers");
    const bool table = !args_flag(a, "json");
    if (table)
        printf("%s\n", question);
    for (int i = 0; i < r->n; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "text", r->answers[i].text);
        cJSON_AddNumberToObject(item, "logit", (double)r->answers[i].logit);
        cJSON_AddNumberToObject(item, "start", r->answers[i].start);
        cJSON_AddNumberToObject(item, "end", r->answers[i].end);
        cJSON_AddItemToArray(list, item);
        if (table)
            printf("  %8.3f  %s\n", (double)r->answers[i].logit, r->answers[i].text);
    }
    if (table)
        cJSON_Delete(json);
    else
        task_print_json(json);
}

/* A file's bytes as a string, lines become blanks. */
static char *read_text(const char *path)
{
    size_t n;
    uint8_t *data = tool_read_file(path, &n);
    char *text = data ? tool_format("%.*s", (int)n, (const char *)data) : NULL;
    for (char *p = text; p && *p; p++)
        *p = *p == '\n' || *p == '\r' || *p == '\t' ? ' ' : *p;
    tool_free(data);
    return text;
}

static int answer(const args *a)
{
    ln_text_options o = {0};
    ln_task_error error;
    if (a->n_operands < 3) {
        tool_error("give a model, a file with text, and questions");
        return TOOL_USAGE;
    }
    if (!task_base(a, &o.base))
        return TOOL_USAGE;
    char *context = read_text(a->operands[1]);
    if (!context)
        return TOOL_FAILED;
    ln_question_answerer *q = ln_question_answerer_create(&o, &error);
    int code = q ? TOOL_OK : tool_error("%s: %s", a->operands[0], error.message);
    for (int i = 2; q && i < a->n_operands; i++) {
        ln_answer_result *r = ln_question_answer(q, context, a->operands[i], &error);
        if (r)
            print_answers(a, a->operands[i], r);
        else
            code = tool_error("%s", error.message);
        ln_answer_result_free(r);
    }
    ln_question_answerer_free(q);
    tool_free(context);
    return code;
}

static const arg_option answer_options[] = {TASK_OPTIONS, {0}};

const command answer_command = {
    .name = "answer",
    .operands = "MODEL TEXTFILE QUESTION...",
    .summary = "Answers questions by words of a text.",
    .options = answer_options,
    .run = answer,
};

/* ---- listen ---- */

static int listen_to(const args *a, ln_audio_classifier *c, const char *path)
{
    const ln_audio_format format = ln_audio_classifier_format(c);
    ln_task_error error;
    ln_audio *audio = ln_audio_read(path, &error);
    if (!audio)
        return tool_error("%s: %s", path, error.message);
    const size_t step =
        (size_t)((double)format.frames * audio->sample_rate / format.sample_rate + 0.5);
    int code = TOOL_OK;
    for (size_t at = 0; code == TOOL_OK && (at == 0 || at + step <= audio->frames); at += step) {
        ln_classification_result *r = ln_audio_classify(c, audio, at, &error);
        char *name = tool_format("%s %.2f s", path, (double)at / audio->sample_rate);
        if (r)
            task_print_categories(a, name, r);
        else
            code = tool_error("%s: %s", path, error.message);
        tool_free(name);
        ln_classification_result_free(r);
        if (args_flag(a, "first"))
            break;
    }
    ln_audio_free(audio);
    return code;
}

static int listen(const args *a)
{
    ln_audio_options o = {0};
    task_lists lists = {0};
    ln_task_error error;
    int code = TOOL_USAGE;
    if (a->n_operands < 2) {
        tool_error("give a model and WAV files");
    } else if (task_base(a, &o.base) && task_categories(a, &o.categories, &lists)) {
        ln_audio_classifier *c = ln_audio_classifier_create(&o, &error);
        code = c ? TOOL_OK : tool_error("%s: %s", a->operands[0], error.message);
        for (int i = 1; c && i < a->n_operands; i++) {
            const int one = listen_to(a, c, a->operands[i]);
            code = one ? one : code;
        }
        ln_audio_classifier_free(c);
    }
    task_lists_free(&lists);
    return code;
}

static const arg_option listen_options[] = {
    {"first", NULL, "only the first frames that the model takes; else all, piece by piece"},
    CATEGORY_OPTIONS,
    TASK_OPTIONS,
    {0},
};

const command listen_command = {
    .name = "listen",
    .operands = "MODEL WAVFILE...",
    .summary = "Says what is to be heard in WAV files.",
    .options = listen_options,
    .run = listen,
};
