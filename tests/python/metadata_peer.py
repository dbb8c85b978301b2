#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares linnet.metadata with tflite-support, side by side in one interpreter; never run by
`make test`, since tflite-support has wheels for few Pythons (0.4.4: up to 3.11).

    PYTHONPATH=build/python python3.9 tests/python/metadata_peer.py MODEL...

For each model: its metadata as JSON, with and without being written anew by either library, and
what either one's writers make of it without metadata.  Prints what differs; exits 1 where
something does."""
import os
import sys
import tempfile
import warnings
import zipfile

from tflite_support import metadata as their_metadata
from tflite_support import metadata_schema_py_generated as their_schema
from tflite_support import metadata_writers as their_writers

from linnet import _core
from linnet import metadata as our_metadata
from linnet import metadata_schema_py_generated as our_schema
from linnet import metadata_writers as our_writers

SIDES = {"linnet": (our_metadata, our_schema, our_writers),
         "tflite-support": (their_metadata, their_schema, their_writers)}
failed = 0


def same(what, ours, theirs):
    global failed
    if ours != theirs:
        failed += 1
        print(f"{what}: linnet\n{ours}\ntflite-support\n{theirs}")


def shown(metadata, model):
    displayer = metadata.MetadataDisplayer.with_model_buffer(model)
    files = displayer.get_packed_associated_file_list()
    return (displayer.get_metadata_json(), files,
            [displayer.get_associated_file_buffer(f) for f in files])


def bare(model):
    """A model without metadata and files."""
    files = our_metadata._packed_files(model)
    if files:
        with tempfile.TemporaryFile() as f:
            f.write(model)
            with zipfile.ZipFile(f) as archive:
                model = model[:min(i.header_offset for i in archive.infolist())]
    return _core.attach(model, "TFLITE_METADATA", None)


def anew(metadata, source, into):
    populator = metadata.MetadataPopulator.with_model_buffer(into)
    populator.load_metadata_and_associated_files(source)
    populator.populate()
    return populator.get_model_buffer()


def check_model(path):
    with open(path, "rb") as f:
        model = f.read()
    if not our_metadata.get_metadata_buffer(model):
        return False
    same(path, shown(our_metadata, model), shown(their_metadata, model))
    results = {side: anew(modules[0], model, bare(model)) for side, modules in SIDES.items()}
    for side, result in results.items():
        same(f"{path}, written by {side}", shown(our_metadata, result),
             shown(their_metadata, result))
    same(f"{path}, written anew", shown(our_metadata, results["linnet"]),
         shown(our_metadata, results["tflite-support"]))
    return True


def written(schema, writers, model, folder):
    """JSON of what the writers make of a model, which need not be one for their task."""
    labels = os.path.join(folder, "labels.txt")
    calibration = os.path.join(folder, "calibration.csv")
    info = writers.metadata_info
    score = info.ScoreCalibrationMd(schema.ScoreTransformationType.LOG, 0.2, calibration)
    tokenizer = info.RegexTokenizerMd(r"[^\w\']+", labels)
    made = {
        "classifier": lambda: writers.image_classifier.MetadataWriter.create_for_inference(
            model, [127.5], [127.5], [labels], score),
        "detector": lambda: writers.object_detector.MetadataWriter.create_for_inference(
            model, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [labels], score),
        "segmenter": lambda: writers.image_segmenter.MetadataWriter.create_for_inference(
            model, [0.0], [255.0], [labels]),
        "text": lambda: writers.nl_classifier.MetadataWriter.create_for_inference(
            model, tokenizer, [labels]),
        "audio": lambda: writers.audio_classifier.MetadataWriter.create_for_inference(
            model, 16000, 1, [labels], score),
    }
    results = {}
    for name, make in made.items():
        try:
            writer = make()
            results[name] = writer.get_metadata_json()
            results[name + ", populated"] = writer.get_populated_metadata_json()
        except (ValueError, KeyError) as e:
            results[name + ", refused"] = type(e)
    return results


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("labels.txt", "a\nb\n"), ("calibration.csv", "0.1,0.2,0.3\n\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        count = 0
        for path in sys.argv[1:]:
            count += check_model(path)
            with open(path, "rb") as f:
                model = bare(f.read())
            ours, theirs = (written(schema, writers, model, folder)
                            for _, schema, writers in SIDES.values())
            for name in sorted(set(ours) | set(theirs)):
                same(f"{path}, {name}", ours.get(name), theirs.get(name))
    print(f"{len(sys.argv) - 1} models, {count} with metadata, {failed} differences")
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
