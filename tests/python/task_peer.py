#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares linnet.task with tflite-support, side by side in one interpreter; never run by
`make test`, since tflite-support has wheels for few Pythons (0.4.4: up to 3.11).

    PYTHONPATH=build/python python3.9 tests/python/task_peer.py IMAGE WAV MODEL...

Every task is tried with every model, on the pixels that tflite-support reads from IMAGE and the
samples of WAV.  Counts what is equal, what differs by a number (the wheel runs quantized models by
XNNPACK, Linnet as TensorFlow Lite's reference kernels), and what only one of the two takes; prints
what else differs, and exits 1 where something does."""
import collections
import dataclasses
import os
import sys

import numpy as np
from tflite_support.task import audio as their_audio
from tflite_support.task import core as their_core
from tflite_support.task import processor as their_processor
from tflite_support.task import text as their_text
from tflite_support.task import vision as their_vision

from linnet.task import audio, core, processor, text, vision

OURS = (vision, text, audio, core, processor)
THEIRS = (their_vision, their_text, their_audio, their_core, their_processor)
TEXT = "The role of the library is to run models. It was made by a small team in Zurich in 2015."


def tasks(modules, pixels, wav, model):
    """Name and a function for each task."""
    vision_, text_, audio_, core_, processor_ = modules
    base = core_.BaseOptions(file_name=model, num_threads=1)
    image = vision_.TensorImage.create_from_array(pixels)
    best = processor_.ClassificationOptions(max_results=3)
    yield "classify", lambda: vision_.ImageClassifier.create_from_options(
        vision_.ImageClassifierOptions(base, best)).classify(image)
    yield "classify a part", lambda: vision_.ImageClassifier.create_from_options(
        vision_.ImageClassifierOptions(base, best)).classify(
            image, processor_.BoundingBox(10, 20, 150, 100))
    yield "detect", lambda: vision_.ObjectDetector.create_from_options(
        vision_.ObjectDetectorOptions(base, processor_.DetectionOptions(max_results=4))
    ).detect(image)
    for kind in (processor_.OutputType.CATEGORY_MASK, processor_.OutputType.CONFIDENCE_MASK):
        yield f"segment {kind.name}", lambda: vision_.ImageSegmenter.create_from_options(
            vision_.ImageSegmenterOptions(base, processor_.SegmentationOptions(output_type=kind))
        ).segment(image)
    for options in ((None, None), (True, None), (True, True)):
        embedding = processor_.EmbeddingOptions(*options)
        yield f"embed {options}", lambda: vision_.ImageEmbedder.create_from_options(
            vision_.ImageEmbedderOptions(base, embedding)).embed(image)
        yield f"embed text {options}", lambda: text_.TextEmbedder.create_from_options(
            text_.TextEmbedderOptions(base, embedding)).embed(TEXT)
    yield "classify text", lambda: text_.NLClassifier.create_from_file(model).classify(TEXT)
    yield "search text", lambda: text_.TextSearcher.create_from_file(model).search(TEXT)
    yield "answer", lambda: text_.BertQuestionAnswerer.create_from_file(model).answer(
        TEXT, "Who made the library?")

    def listen(kind):
        task = kind.create_from_file(model)
        sound = task.create_input_tensor_audio()
        sound.load_from_array(audio_.TensorAudio.create_from_wav_file(
            wav, task.required_input_buffer_size).buffer)
        result = task.classify(sound) if hasattr(task, "classify") else task.embed(sound)
        return [result, task.required_input_buffer_size, task.required_audio_format.channels]
    yield "listen", lambda: listen(audio_.AudioClassifier)
    yield "embed sound", lambda: listen(audio_.AudioEmbedder)


def leaves(value, path=""):
    """Paths and values of all that is in a result; categories by index, not by place."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "index" or "Category" not in type(value).__name__:
                yield from leaves(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, (list, tuple)):
        yield path + ".length", len(value)
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}[{i}]")
    else:
        yield path, value


def compare(theirs, ours):
    """What two results have in common: "equal", "numbers" or what differs."""
    a, b = dict(leaves(theirs)), dict(leaves(ours))
    if a.keys() != b.keys():
        return f"fields differ: {sorted(a.keys() ^ b.keys())[:4]}"
    verdict = "equal"
    for path, value in a.items():
        other = b[path]
        if isinstance(value, np.ndarray):
            if value.shape != other.shape or value.dtype != other.dtype:
                return f"{path}: {value.shape} {value.dtype}, {other.shape} {other.dtype}"
            same = np.array_equal(value, other)
        else:
            same = value == other
        if not same:
            verdict = "numbers"
    return verdict


def attempt(function):
    try:
        return function(), None
    except (RuntimeError, ValueError) as error:
        return None, error


def main():
    image, wav, *models = sys.argv[1:]
    file = their_vision.TensorImage.create_from_file(image)
    pixels = file.buffer.copy()
    count, wrong = collections.Counter(), 0
    for model in models:
        both = zip(tasks(THEIRS, pixels, wav, model), tasks(OURS, pixels, wav, model))
        for (name, theirs), (_, ours) in both:
            (a, a_error), (b, b_error) = attempt(theirs), attempt(ours)
            if a_error and b_error:
                verdict = "both refuse" + ("" if isinstance(b_error, type(a_error)) else
                                           ", by other exceptions")
            elif a_error or b_error:
                verdict = "only ours takes it" if a_error else "only theirs takes it"
            else:
                verdict = compare(a, b)
            if verdict not in ("equal", "numbers", "both refuse", "only ours takes it"):
                print(f"{os.path.basename(model)}: {name}: {verdict}: {b_error or ''}")
                if "refuse" not in verdict:
                    wrong, verdict = wrong + 1, "something else"
            count[verdict] += 1
    print(", ".join(f"{n} {what}" for what, n in sorted(count.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
