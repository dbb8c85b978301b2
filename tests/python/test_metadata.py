# SPDX-License-Identifier: Apache-2.0
"""linnet.metadata, its objects and its writers: the script of the tutorial, errors, and what
tflite_support's own tests expect (LINNET_SHARED; skipped where it is missing)."""
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings
import zipfile

import numpy as np

import guide
import linnet
from linnet import _flatbuffer
from linnet import metadata as _metadata
from linnet import metadata_schema_py_generated as _metadata_fb
from linnet.metadata_writers import (audio_classifier, bert_nl_classifier, image_classifier,
                                     metadata_info, metadata_writer, nl_classifier,
                                     object_detector, writer_utils)
from support import DIGITS, ROOT, digits

try:
    import flatbuffers
except ImportError:
    flatbuffers = None

LABELS = os.path.join(DIGITS, "labels.txt")
TASK = os.path.join(os.environ.get("LINNET_SHARED", ""), "models", "task")
GOLDENS = os.path.join(TASK, "metadata_writers")


def tutorial():
    """The objects of TensorFlow's guide to metadata, for a model of digits."""
    model_meta = _metadata_fb.ModelMetadataT()
    model_meta.name = "Digits"
    model_meta.description = "Tells handwritten digits apart."
    model_meta.version = "v1"
    model_meta.author = "Linnet"
    input_meta = _metadata_fb.TensorMetadataT()
    input_meta.name = "image"
    input_meta.content = _metadata_fb.ContentT()
    input_meta.content.contentProperties = _metadata_fb.ImagePropertiesT()
    input_meta.content.contentProperties.colorSpace = _metadata_fb.ColorSpaceType.GRAYSCALE
    input_meta.content.contentPropertiesType = _metadata_fb.ContentProperties.ImageProperties
    input_normalization = _metadata_fb.ProcessUnitT()
    input_normalization.optionsType = _metadata_fb.ProcessUnitOptions.NormalizationOptions
    input_normalization.options = _metadata_fb.NormalizationOptionsT()
    input_normalization.options.mean = [0.0]
    input_normalization.options.std = [255.0]
    input_meta.processUnits = [input_normalization]
    input_stats = _metadata_fb.StatsT()
    input_stats.max = [1]
    input_stats.min = [0]
    input_meta.stats = input_stats
    output_meta = _metadata_fb.TensorMetadataT()
    output_meta.content = _metadata_fb.ContentT()
    output_meta.content.contentProperties = _metadata_fb.FeaturePropertiesT()
    output_meta.content.contentPropertiesType = _metadata_fb.ContentProperties.FeatureProperties
    label_file = _metadata_fb.AssociatedFileT()
    label_file.name = "folder/labels.txt"
    label_file.type = _metadata_fb.AssociatedFileType.TENSOR_AXIS_LABELS
    output_meta.associatedFiles = [label_file]
    subgraph = _metadata_fb.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [input_meta]
    subgraph.outputTensorMetadata = [output_meta]
    model_meta.subgraphMetadata = [subgraph]
    return model_meta


def packed(model_meta, builder=None):
    b = builder or _flatbuffer.Builder(0)
    b.Finish(model_meta.Pack(b), _metadata.MetadataPopulator.METADATA_FILE_IDENTIFIER)
    return b.Output()


def everything():
    """One of each field of each table."""
    fb, made = _metadata_fb, {}
    file = fb.AssociatedFileT(name="f", description="d", type=5, locale="de", version="1")
    for name, values in {
            "FeatureProperties": {}, "AudioProperties": {"sampleRate": 1, "channels": 2},
            "ImageProperties": {"colorSpace": 1, "defaultSize": fb.ImageSizeT(width=3, height=4)},
            "BoundingBoxProperties": {"index": [0, 1], "type": 2, "coordinateType": 1},
            "NormalizationOptions": {"mean": [0.5], "std": [2.0, 3.0]},
            "ScoreCalibrationOptions": {"scoreTransformation": 1, "defaultScore": 0.25},
            "ScoreThresholdingOptions": {"globalScoreThreshold": 0.5},
            "BertTokenizerOptions": {"vocabFile": [file]},
            "SentencePieceTokenizerOptions": {"sentencePieceModel": [file], "vocabFile": []},
            "RegexTokenizerOptions": {"delimRegexPattern": "x", "vocabFile": [file]}}.items():
        made[name] = getattr(fb, name + "T")(**values)
    units = [fb.ProcessUnitT(optionsType=number, options=made[name])
             for name, number in vars(fb.ProcessUnitOptions).items() if name in made]
    tensors = [fb.TensorMetadataT(
        name=name, description="d", dimensionNames=["x", "y"], processUnits=units,
        content=fb.ContentT(contentPropertiesType=number, contentProperties=made[name],
                            range=fb.ValueRangeT(min=-1, max=2)),
        stats=fb.StatsT(max=[1.5], min=[-1.5]), associatedFiles=[file])
               for name, number in vars(fb.ContentProperties).items() if name in made]
    group = fb.TensorGroupT(name="g", tensorNames=["a", "b"])
    graph = fb.SubGraphMetadataT(
        name="s", description="d", inputTensorMetadata=tensors, outputTensorMetadata=tensors[:1],
        associatedFiles=[file], inputProcessUnits=units[:1], outputProcessUnits=[],
        inputTensorGroups=[group], outputTensorGroups=[group],
        customMetadata=[fb.CustomMetadataT(name="c", data=[0, 255])])
    return fb.ModelMetadataT(name="m\u00e9", description="", version="v", author="a", license="l",
                             subgraphMetadata=[graph], associatedFiles=[file],
                             minParserVersion="1.5.0")


def graph_alone():
    """A model of version 0 with two inputs and an output, but no tensors, as tflite_support's own
    tests make one."""
    b = _flatbuffer.Builder(0)
    lists = []
    for numbers in ((2,), (0, 1)):
        b.StartVector(4, len(numbers), 4)
        for number in reversed(numbers):
            b.PrependInt32(number)
        lists.append(b.EndVector())
    b.StartObject(3)
    b.PrependUOffsetTRelativeSlot(2, lists[0], 0)
    b.PrependUOffsetTRelativeSlot(1, lists[1], 0)
    graph = b.EndObject()
    b.StartVector(4, 1, 4)
    b.PrependUOffsetTRelative(graph)
    graphs = b.EndVector()
    b.StartObject(3)
    b.PrependUOffsetTRelativeSlot(2, graphs, 0)
    b.Finish(b.EndObject(), b"TFL3")
    return b.Output()


class Objects(unittest.TestCase):
    def test_tables_are_those_of_the_schema(self):
        made = subprocess.run([sys.executable, os.path.join(ROOT, "scripts",
                                                            "gen_python_schema.py")],
                              capture_output=True, text=True, check=True).stdout
        with open(os.path.join(ROOT, "bindings", "python", "linnet", "_metadata_tables.py"),
                  encoding="utf-8") as f:
            self.assertEqual(made, f.read())

    def test_round_trip(self):
        first = packed(everything())
        again = packed(_metadata_fb.ModelMetadataT.InitFromObj(
            _metadata_fb.ModelMetadata.GetRootAsModelMetadata(first, 0)))
        self.assertEqual(bytes(first), bytes(again))
        tree = json.loads(_metadata.convert_to_json(first))
        graph = tree["subgraph_metadata"][0]
        self.assertEqual(tree["name"], "m\u00e9")
        self.assertEqual(len(graph["input_tensor_metadata"]), 4)
        units = graph["input_tensor_metadata"][0]["process_units"]
        self.assertEqual([u["options_type"] for u in units][-1], "RegexTokenizerOptions")
        self.assertEqual(units[4]["options"]["sentencePiece_model"][0]["name"], "f")
        self.assertEqual(graph["custom_metadata"][0]["data"], [0, 255])

    @unittest.skipUnless(flatbuffers, "there is no package flatbuffers")
    def test_the_builder_of_the_package_does_too(self):
        theirs = packed(everything(), flatbuffers.Builder(0))
        self.assertEqual(theirs, packed(everything()))

    def test_readers_and_functions(self):
        b = _flatbuffer.Builder(0)
        name = b.CreateString("by hand")
        _metadata_fb.ModelMetadataStart(b)
        _metadata_fb.ModelMetadataAddName(b, name)
        b.Finish(_metadata_fb.ModelMetadataEnd(b), b"M001")
        buffer = b.Output()
        self.assertTrue(_metadata_fb.ModelMetadata.ModelMetadataBufferHasIdentifier(buffer, 0))
        m = _metadata_fb.ModelMetadata.GetRootAs(buffer, 0)
        self.assertEqual(m.Name(), b"by hand")
        self.assertEqual(m.SubgraphMetadataLength(), 0)
        self.assertTrue(m.SubgraphMetadataIsNone())
        self.assertIsNone(m.SubgraphMetadata(0))
        self.assertIsNone(m.Author())


class Populate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "model.tflite")
        shutil.copy(digits("int8"), self.path)

    def populate(self):
        builder = flatbuffers.Builder(0) if flatbuffers else None
        populator = _metadata.MetadataPopulator.with_model_file(self.path)
        populator.load_metadata_buffer(packed(tutorial(), builder))
        populator.load_associated_files([LABELS])
        populator.populate()
        return populator

    def test_tutorial(self):
        populator = self.populate()
        self.assertEqual(populator.get_packed_associated_file_list(), ["labels.txt"])
        self.assertEqual(populator.get_recorded_associated_file_list(), ["labels.txt"])
        displayer = _metadata.MetadataDisplayer.with_model_file(self.path)
        tree = json.loads(displayer.get_metadata_json())
        self.assertEqual(tree["min_parser_version"], "1.0.0")
        self.assertEqual(tree["subgraph_metadata"][0]["input_tensor_metadata"][0]["stats"],
                         {"max": [1.0], "min": [0.0]})
        with open(LABELS, "rb") as f:
            self.assertEqual(displayer.get_associated_file_buffer("labels.txt"), f.read())
        with self.assertRaisesRegex(ValueError, "does not exist in the model"):
            displayer.get_associated_file_buffer("nosuch")

    def test_model_still_runs(self):
        self.populate()
        outputs = []
        for path in (self.path, digits("int8")):
            interpreter = linnet.Interpreter(path)
            interpreter.allocate_tensors()
            details, = interpreter.get_input_details()
            image = np.arange(64, dtype=np.uint8).reshape(details["shape"])
            interpreter.set_tensor(details["index"], image)
            interpreter.invoke()
            outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
        np.testing.assert_array_equal(*outputs)

    @unittest.skipUnless("LINNET_COMMAND" in os.environ, "the command was not built")
    def test_command_reads_it(self):
        self.populate()
        shown = subprocess.run([os.environ["LINNET_COMMAND"], "metadata", "show", self.path],
                               capture_output=True, text=True, check=False)
        if "no command metadata" in shown.stderr:
            self.skipTest("the command was built without metadata")
        self.assertEqual(shown.stdout,
                         _metadata.MetadataDisplayer.with_model_file(self.path).get_metadata_json())

    def test_model_that_does_not_run(self):
        model, tensor = graph_alone(), _metadata_fb.TensorMetadataT
        self.assertIsNone(_metadata.get_metadata_buffer(model))
        wanted = tutorial()
        graph = wanted.subgraphMetadata[0]
        populator = _metadata.MetadataPopulator.with_model_buffer(model)
        with self.assertRaisesRegex(ValueError, r"input tensors \(2\) should match .* \(1\)"):
            populator.load_metadata_buffer(packed(wanted))
        graph.inputTensorMetadata, graph.outputTensorMetadata = [tensor(), tensor()], [tensor()]
        populator.load_metadata_buffer(packed(wanted))
        populator.populate()
        wanted.minParserVersion = "1.0.0"
        self.assertEqual(_metadata.get_metadata_buffer(populator.get_model_buffer()),
                         bytes(packed(wanted)))
        self.assertEqual(writer_utils.get_input_tensor_names(model), ["", ""])
        with self.assertRaises(ValueError):
            _metadata.get_metadata_buffer(model[:40])

    def test_transfer(self):
        self.populate()
        with open(self.path, "rb") as f:
            source = f.read()
        populator = _metadata.MetadataPopulator.with_model_buffer(
            writer_utils.load_file(digits("float32")))
        populator.load_metadata_and_associated_files(source)
        populator.populate()
        model = populator.get_model_buffer()
        self.assertEqual(_metadata.get_metadata_buffer(model),
                         _metadata.get_metadata_buffer(source))
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), ["labels.txt"])

    def test_metadata_replaces_metadata_and_files_stay(self):
        self.populate()
        metadata = tutorial()
        metadata.name = "Anew"
        populator = _metadata.MetadataPopulator.with_model_file(self.path)
        populator.load_metadata_buffer(packed(metadata))
        populator.populate()
        displayer = _metadata.MetadataDisplayer.with_model_file(self.path)
        self.assertEqual(displayer.get_packed_associated_file_list(), ["labels.txt"])
        self.assertIn('"name": "Anew"', displayer.get_metadata_json())
        self.assertGreater(len(displayer.get_associated_file_buffer("labels.txt")), 9)

    def test_errors(self):
        populator = _metadata.MetadataPopulator.with_model_file(self.path)
        metadata = tutorial()
        for wrong, message in ((b"", "is empty"), (b"12345678", "expected identifier"),
                               (packed(metadata)[:-40], "malformed")):
            with self.assertRaisesRegex(ValueError, message):
                populator.load_metadata_buffer(wrong)
        populator.load_metadata_buffer(packed(metadata))
        with self.assertRaisesRegex(ValueError, "'labels.txt', is recorded in the metadata"):
            populator.populate()
        metadata.subgraphMetadata[0].inputTensorMetadata = []
        with self.assertRaisesRegex(ValueError, r"input tensors \(1\) should match .* \(0\)"):
            populator.load_metadata_buffer(packed(metadata))
        metadata.subgraphMetadata = []
        with self.assertRaisesRegex(ValueError, "exactly one, but got 0"):
            populator.load_metadata_buffer(packed(metadata))
        self.populate()
        with self.assertRaisesRegex(ValueError, "already been packed"):
            self.populate()
        populator = _metadata.MetadataPopulator.with_model_file(self.path)
        populator.load_associated_file_buffers({"folder/more.txt": b"more"})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            populator.populate()
        self.assertIn("does not exist in the metadata", str(caught[0].message))
        with self.assertRaisesRegex(ValueError, "does not have metadata"):
            _metadata.MetadataDisplayer.with_model_file(digits("int8"))
        with self.assertRaisesRegex(ValueError, "cannot be empty"):
            _metadata.MetadataPopulator.with_model_buffer(b"")
        with self.assertRaisesRegex(ValueError, "expected identifier"):
            _metadata.MetadataPopulator.with_model_file(LABELS)
        with self.assertRaises(IOError):
            _metadata.MetadataPopulator.with_model_file("nosuch.tflite")


class Guide(unittest.TestCase):
    """The examples of docs/metadata.md run, and print what it says."""

    def setUp(self):
        self.blocks = guide.blocks("metadata.md")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)
        shutil.copy(digits("float32"), "model.tflite")
        shutil.copy(LABELS, "labels.txt")

    def test_python(self):
        scripts = [block for block in self.blocks if block.kind == "python"]
        self.assertTrue(scripts)
        for block in scripts:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(block.body, {})  # the guide is ours
            self.assertEqual(printed.getvalue(), block.wanted or "", f"line {block.line}")

    @unittest.skipUnless("LINNET_COMMAND" in os.environ, "the command was not built")
    def test_command(self):
        os.symlink(os.path.abspath(os.environ["LINNET_COMMAND"]), "linnet")
        path = os.getcwd() + os.pathsep + os.environ["PATH"]
        lines = [line for block in self.blocks if block.kind == "sh"
                 for line in block.body.splitlines()]
        self.assertGreater(len(lines), 6)
        for line in lines:
            done = subprocess.run(line, shell=True, check=False, capture_output=True, text=True,
                                  env={**os.environ, "PATH": path})
            if "no command metadata" in done.stderr:
                self.skipTest("the command was built without metadata")
            self.assertEqual(done.returncode, 0, f"{line}: {done.stderr}")


class Writers(unittest.TestCase):
    def setUp(self):
        self.model = writer_utils.load_file(digits("float32"))

    def test_classifier(self):
        writer = image_classifier.MetadataWriter.create_for_inference(
            self.model, [0.0], [255.0], [LABELS])
        model = writer.populate()
        tree = json.loads(writer.get_populated_metadata_json())
        graph = tree["subgraph_metadata"][0]
        self.assertEqual(graph["input_tensor_metadata"][0]["stats"], {"max": [1.0], "min": [0.0]})
        self.assertEqual(graph["output_tensor_metadata"][0]["associated_files"][0]["name"],
                         "labels.txt")
        self.assertNotIn("min_parser_version", json.loads(writer.get_metadata_json()))
        self.assertEqual(_metadata.MetadataDisplayer.with_model_buffer(model)
                         .get_packed_associated_file_list(), ["labels.txt"])

    def test_errors(self):
        with self.assertRaisesRegex(ValueError, "same dim"):
            metadata_info.InputImageTensorMd(norm_mean=[1.0], norm_std=[1.0, 2.0])
        with self.assertRaisesRegex(ValueError, "sample_rate should be positive"):
            audio_classifier.MetadataWriter.create_for_inference(self.model, 0, 1, [])
        with self.assertRaisesRegex(ValueError, "do not match the tensor names"):
            bert_nl_classifier.MetadataWriter.create_for_inference(
                self.model, metadata_info.BertTokenizerMd("vocab.txt"), [])
        with self.assertRaisesRegex(ValueError, "3 or 4 parameters"):
            metadata_info.ScoreCalibrationMd(0, 0.5, os.path.join(ROOT, "docs", "python.md"))
        with self.assertRaisesRegex(ValueError, "do not match the tensor names"):
            metadata_writer.MetadataWriter.create_from_metadata_info(
                self.model, input_md=[metadata_info.TensorMd(tensor_name="nosuch")])

    def test_names_come_from_the_model(self):
        writer = metadata_writer.MetadataWriter.create_from_metadata(self.model)
        graph = json.loads(writer.get_populated_metadata_json())["subgraph_metadata"][0]
        self.assertEqual([t["name"] for t in graph["input_tensor_metadata"]],
                         writer_utils.get_input_tensor_names(self.model))

    def test_flat_size(self):
        self.assertEqual(writer_utils.compute_flat_size((1, 8, 8)), 64)
        self.assertEqual(writer_utils.compute_flat_size(None), 0)
        self.assertEqual(writer_utils.get_input_tensor_shape(self.model, 0), (1, 8, 8, 1))

    def test_types_are_numbered_as_in_files(self):
        with open(os.path.join(ROOT, "tests/data/sentiment.tflite"), "rb") as f:
            self.assertEqual(writer_utils.get_input_tensor_types(f.read()), [2, 2, 2])


@unittest.skipUnless(os.path.isdir(GOLDENS), "there are no goldens in LINNET_SHARED")
class Goldens(unittest.TestCase):
    """What the writers of tflite_support give in its tests."""

    maxDiff = None

    def golden(self, name):
        return writer_utils.load_file(os.path.join(GOLDENS, name + ".json"), "r")

    def file(self, name):
        return os.path.join(GOLDENS, name)

    def check(self, writer, name):
        got, wanted = writer.get_populated_metadata_json(), self.golden(name)
        if "min_parser_version" not in wanted:  # some were taken before populate
            got = got.replace(',\n  "min_parser_version": "1.0.0"', "")
        self.assertEqual(got, wanted)

    def test_image_classifier(self):
        model = writer_utils.load_file(
            os.path.join(TASK, "models", "mobilenet_v2_1.0_224_quant_no_metadata.tflite"))
        self.check(image_classifier.MetadataWriter.create_for_inference(
            model, [127.5], [127.5], [self.file("image_classifier/labels.txt")],
            metadata_info.ScoreCalibrationMd(
                _metadata_fb.ScoreTransformationType.LOG, 0.2,
                self.file("image_classifier/score_calibration.txt"))),
                   "image_classifier/mobilenet_v2_1.0_224_quant")
        self.check(image_classifier.MetadataWriter.create_from_metadata_info(model),
                   "image_classifier/mobilenet_v2_1.0_224_default")

    def test_nl_classifier(self):
        model = writer_utils.load_file(os.path.join(TASK, "..", "zoo", "movie_review.tflite"))
        self.check(nl_classifier.MetadataWriter.create_for_inference(
            model, metadata_info.RegexTokenizerMd(r"[^\w\']+",
                                                  self.file("nl_classifier/vocab.txt")),
            [self.file("nl_classifier/labels.txt")]), "nl_classifier/movie_review_regex")
        self.check(nl_classifier.MetadataWriter.create_from_metadata_info(model),
                   "nl_classifier/movie_review_default")

    def test_object_detector(self):
        model = writer_utils.load_file(
            os.path.join(TASK, "..", "zoo", "ssd_mobilenet_v1_coco_metadata.tflite"))
        detector = object_detector.MetadataWriter.create_from_metadata_info(model)
        wanted = json.loads(self.golden("object_detector/ssd_mobilenet_v1_default"))
        got = json.loads(detector.get_metadata_json())
        for tree in (wanted, got):  # the outputs' order is the model's
            tree["subgraph_metadata"][0]["output_tensor_metadata"].sort(key=lambda t: t["name"])
        self.assertEqual(got, wanted)

    def test_information(self):
        tensors = {
            "general_meta": metadata_info.GeneralMd("model", "v1", "A ML model.", "TensorFlow",
                                                    "Apache").create_metadata(),
            "associated_file_meta": _metadata_fb.ModelMetadataT(associatedFiles=[
                metadata_info.AssociatedFileMd(
                    "a/label.txt", "The label file.",
                    _metadata_fb.AssociatedFileType.TENSOR_AXIS_LABELS, "en").create_metadata()]),
        }
        for name, metadata in tensors.items():
            self.assertEqual(_metadata.convert_to_json(packed(metadata)), self.golden(name))


if __name__ == "__main__":
    unittest.main()
