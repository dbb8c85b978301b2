/* SPDX-License-Identifier: Apache-2.0 */
/* write_metadata.h: the actions write-image-classifier and so on of `linnet metadata`. */
#ifndef WRITE_METADATA_H
#define WRITE_METADATA_H

#include "common/args.h"
#include "linnet/metadata_edit.h"

/* The options of these actions, for the command's table. */
/* clang-format off */
#define WRITE_METADATA_OPTIONS \
    {"name", "TEXT", "write-...: name of the model"}, \
    {"description", "TEXT", "write-...: what it does"}, \
    {"version", "TEXT", "write-...: its version"}, \
    {"author", "TEXT", "write-...: who made it"}, \
    {"license", "TEXT", "write-...: its license"}, \
    {"mean", "X[,X...]", "write-...: of an image's pixels, for (pixel - mean) / std"}, \
    {"std", "X[,X...]", "write-...: the same; one number, or one per channel"}, \
    {"sample-rate", "HZ", "write-...: of the audio that the model takes"}, \
    {"channels", "N", "write-...: of the audio; default 1"}, \
    {"labels", "FILE[:LOCALE]", "write-...: a line per class; once per language"}, \
    {"calibration", "FILE", "write-...: parameters of score calibration, a line per class"}, \
    {"transformation", "KIND", "write-...: identity (the default), log, inverse-logistic"}, \
    {"default-score", "X", "write-...: of classes without parameters"}, \
    {"vocab", "FILE", "write-...: vocabulary of the tokenizer"}, \
    {"regex", "PATTERN", "write-...: of a regex tokenizer: what stands between words"}, \
    {"sentence-piece", "FILE", "write-...: model of a SentencePiece tokenizer"}, \
    {"ids-tensor", "NAME", "write-...: the input of BERT's ids, and so on"}, \
    {"mask-tensor", "NAME", "write-...: default: the input with mask in its name"}, \
    {"segment-tensor", "NAME", "write-...: default: the one with segment or type in it"}, \
    {"index", "FILE", "write-...: of an embedder: what it is searched in"}

#define WRITE_METADATA_HELP \
    "  write-TASK MODEL            writes the metadata of a task: image-classifier,\n" \
    "                              object-detector, image-segmenter, image-embedder,\n" \
    "                              nl-classifier, bert-nl-classifier, question-answerer,\n" \
    "                              text-embedder, audio-classifier, audio-embedder\n"
/* clang-format on */

/* True when `action` is one of these. */
bool write_metadata_task(const char *action);
/* Gives the model the metadata of the action's task, by the options; returns an exit code. */
int write_metadata(const args *a, ln_meta_edit *edit);

#endif
