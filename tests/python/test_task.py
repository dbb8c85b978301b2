# SPDX-License-Identifier: Apache-2.0
"""linnet.task: the classes of tflite_support.task, on the model of digits, and on the models of
LINNET_SHARED where they are there."""
import os
import re
import unittest

import numpy as np

try:
    from linnet.task import audio, core, processor, text, vision
except ImportError as error:
    if "no tasks" not in str(error):
        raise
    vision = None

needs_tasks = unittest.skipIf(vision is None, "this build has no tasks")

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DATA = os.path.join(ROOT, "tests", "data")
DIGITS = os.path.join(DATA, "digits_metadata.tflite")
INDEX = os.path.join(DATA, "index_float.ldb")


def picture(name):
    return vision.TensorImage.create_from_file(os.path.join(ROOT, "examples", "digits", name))


def shared(name):
    path = os.path.join(os.environ.get("LINNET_SHARED", ""), "models", name)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"{path} is not there")
    return path


@needs_tasks
class TensorImageTest(unittest.TestCase):
    def test_files_and_buffers(self):
        image = picture("digit3.png")
        self.assertEqual((image.height, image.width), (64, 64))
        self.assertEqual(image.color_space_type, vision.ColorSpaceType.RGB)
        self.assertEqual((image.buffer.shape, image.buffer.dtype), ((64, 64, 3), np.uint8))
        with open(os.path.join(DATA, "small.bmp"), "rb") as f:
            image = vision.TensorImage.create_from_buffer(f.read())
        self.assertEqual(image.buffer.shape[2], 3)
        for bad in (lambda: picture("no.png"),
                    lambda: vision.TensorImage.create_from_buffer(b"no image")):
            self.assertRaisesRegex(RuntimeError, "while decoding image", bad)

    def test_arrays(self):
        for shape, color in (((4, 6, 3), "RGB"), ((1, 4, 6, 4), "RGBA"), ((4, 6), "GRAYSCALE"),
                             ((1, 4, 6, 1), "GRAYSCALE")):
            image = vision.TensorImage.create_from_array(np.zeros(shape, np.uint8))
            self.assertEqual((image.height, image.width), (4, 6))
            self.assertEqual(image.color_space_type.value, color)
        for bad in (np.zeros((4, 6, 3), np.float32), np.zeros((4, 6, 2), np.uint8),
                    np.zeros(4, np.uint8)):
            self.assertRaises(ValueError, vision.TensorImage.create_from_array, bad)


@needs_tasks
class VisionTest(unittest.TestCase):
    def classifier(self, **options):
        return vision.ImageClassifier.create_from_options(vision.ImageClassifierOptions(
            core.BaseOptions(file_name=DIGITS), processor.ClassificationOptions(**options)))

    def test_classify(self):
        classifier = vision.ImageClassifier.create_from_file(DIGITS)
        self.assertEqual(classifier.options.base_options.file_name, DIGITS)
        for digit in "34":
            result = classifier.classify(picture(f"digit{digit}.png"))
            self.assertEqual(len(result.classifications), 1)
            categories = result.classifications[0].categories
            self.assertEqual(categories[0].category_name, digit)
            self.assertEqual(categories[0].index, int(digit))
            self.assertEqual(len(categories), 10)
            self.assertEqual(categories, sorted(categories, key=lambda c: -c.score))

    def test_options(self):
        image = picture("digit7.png")
        names = lambda **o: [c.category_name for c in
                             self.classifier(**o).classify(image).classifications[0].categories]
        self.assertEqual(names(max_results=1), ["7"])
        self.assertEqual(names(score_threshold=0.5), ["7"])
        self.assertEqual(sorted(names(category_name_allowlist=["1", "7"])), ["1", "7"])
        self.assertEqual(len(names(category_name_denylist=["7"])), 9)
        with open(DIGITS, "rb") as f:
            content = core.BaseOptions(file_content=f.read(), num_threads=2, delegate="none")
        result = vision.ImageClassifier.create_from_options(
            vision.ImageClassifierOptions(content)).classify(image)
        self.assertEqual(result.classifications[0].categories[0].category_name, "7")
        whole = self.classifier().classify(image, processor.BoundingBox(0, 0, 64, 64))
        self.assertEqual(whole, self.classifier().classify(image))
        self.assertNotEqual(whole, self.classifier().classify(image,
                                                              processor.BoundingBox(0, 0, 30, 64)))

    def test_errors(self):
        for kind, message, call in (
                (ValueError, "found 0", lambda: vision.ImageClassifier.create_from_options(
                    vision.ImageClassifierOptions(core.BaseOptions()))),
                (ValueError, "ExternalFile must specify at least one of 'file_content', "
                 "'file_name' or 'file_descriptor_meta'.", lambda: vision.ImageClassifier.
                 create_from_file("")),
                (RuntimeError, "Unable to open file", lambda: vision.ImageClassifier.
                 create_from_file("/no/such.tflite")),
                (ValueError, "max_results", lambda: self.classifier(max_results=0)),
                (ValueError, "mutually exclusive", lambda: self.classifier(
                    category_name_allowlist=["1"], category_name_denylist=["2"])),
                (ValueError, "none match", lambda: self.classifier(
                    category_name_allowlist=["eleven"])),
                (RuntimeError, "linnet metadata", lambda: vision.ImageClassifier.create_from_file(
                    os.path.join(ROOT, "examples", "digits", "digits_float32.tflite"))),
                (ValueError, "region of interest", lambda: self.classifier().classify(
                    picture("digit0.png"), processor.BoundingBox(4, 0, 64, 8))),
                (ValueError, "Coral", lambda: vision.ImageClassifier.create_from_options(
                    vision.ImageClassifierOptions(core.BaseOptions(DIGITS, use_coral=True)))),
                (ValueError, "", lambda: vision.ObjectDetector.create_from_file(DIGITS)),
                (ValueError, "", lambda: vision.ImageSegmenter.create_from_file(DIGITS))):
            self.assertRaisesRegex(kind, message, call)

    def test_embed(self):
        embedder = vision.ImageEmbedder.create_from_options(vision.ImageEmbedderOptions(
            core.BaseOptions(DIGITS), processor.EmbeddingOptions(l2_normalize=True)))
        self.assertEqual(embedder.number_of_output_layers, 1)
        self.assertEqual([embedder.get_embedding_dimension(i) for i in (0, 1)], [10, -1])
        a, b = (embedder.embed(picture(f"digit{i}.png")) for i in (3, 4))
        vector = embedder.get_embedding_by_index(a, 0).feature_vector
        self.assertEqual((vector.value.shape, vector.value.dtype), ((10,), float))
        self.assertAlmostEqual(float(np.linalg.norm(vector.value)), 1, 5)
        self.assertAlmostEqual(embedder.cosine_similarity(vector, vector), 1, 5)
        self.assertLess(embedder.cosine_similarity(
            vector, b.embeddings[0].feature_vector), 0.9)
        self.assertNotEqual(a, b)
        self.assertRaises(ValueError, embedder.get_embedding_by_index, a, 1)
        quantized = vision.ImageEmbedder.create_from_options(vision.ImageEmbedderOptions(
            core.BaseOptions(DIGITS), processor.EmbeddingOptions(True, True)))
        value = quantized.embed(picture("digit3.png")).embeddings[0].feature_vector.value
        self.assertEqual(value.dtype, np.uint8)
        np.testing.assert_allclose(value.astype(np.int8) / 128, vector.value, atol=0.01)

    def test_search(self):
        searcher = vision.ImageSearcher.create_from_file(DIGITS, INDEX)
        self.assertEqual(searcher.get_user_info(), "24 items")
        neighbors = searcher.search(picture("digit3.png")).nearest_neighbors
        self.assertEqual(len(neighbors), 5)
        self.assertRegex(bytes(neighbors[0].metadata), rb"^item \d+$")
        self.assertEqual(neighbors, sorted(neighbors, key=lambda n: n.distance))
        with open(INDEX, "rb") as f:
            options = processor.SearchOptions(index_file_content=f.read(), max_results=2)
        again = vision.ImageSearcher.create_from_options(vision.ImageSearcherOptions(
            core.BaseOptions(DIGITS), search_options=options)).search(picture("digit3.png"))
        self.assertEqual(again.nearest_neighbors, neighbors[:2])
        self.assertRaisesRegex(ValueError, "index", vision.ImageSearcher.create_from_file, DIGITS)
        self.assertRaisesRegex(RuntimeError, "^Unable to open file at /no.ldb",
                               vision.ImageSearcher.create_from_file, DIGITS, "/no.ldb")
        self.assertRaisesRegex(ValueError, "^ExternalFile must specify",
                               vision.ImageSearcher.create_from_file, DIGITS, "")
        with open(INDEX, "rb") as f:
            whole = f.read()
        for damaged in (b"x" * 10, b"x" * 100, whole[:len(whole) // 2], whole[-48:]):
            options = vision.ImageSearcherOptions(
                core.BaseOptions(DIGITS),
                search_options=processor.SearchOptions(index_file_content=damaged))
            self.assertRaisesRegex(RuntimeError, "^Unable to open levelDB table: ",
                                   vision.ImageSearcher.create_from_options, options)

    def test_detect_and_segment(self):
        rng = np.random.default_rng(1)
        image = vision.TensorImage.create_from_array(
            rng.integers(0, 255, (100, 150, 3), dtype=np.uint8))
        detector = vision.ObjectDetector.create_from_options(vision.ObjectDetectorOptions(
            core.BaseOptions(shared("zoo/ssd_mobilenet_v1_coco_metadata.tflite")),
            processor.DetectionOptions(max_results=3)))
        found = detector.detect(image).detections
        self.assertEqual(len(found), 3)
        self.assertEqual(len(found[0].categories), 1)
        self.assertIsInstance(found[0].bounding_box, processor.BoundingBox)
        model = core.BaseOptions(shared("zoo/deeplabv3_257_fp32.tflite"))
        both = [vision.ImageSegmenter.create_from_options(vision.ImageSegmenterOptions(
            model, processor.SegmentationOptions(output_type=kind))).segment(image).segmentations[0]
                for kind in (processor.OutputType.CATEGORY_MASK,
                             processor.OutputType.CONFIDENCE_MASK)]
        self.assertEqual((both[0].height, both[0].width), both[0].category_mask.shape)
        self.assertIsNone(both[0].confidence_masks)
        masks = np.stack([mask.value for mask in both[1].confidence_masks])
        self.assertEqual(len(masks), len(both[1].colored_labels))
        np.testing.assert_array_equal(masks.argmax(0), both[0].category_mask)


@needs_tasks
class TextTest(unittest.TestCase):
    def test_search_and_embed(self):
        model = shared("task/models/regex_searcher.tflite")
        searcher = text.TextSearcher.create_from_options(text.TextSearcherOptions(
            core.BaseOptions(model), processor.EmbeddingOptions(l2_normalize=True),
            processor.SearchOptions(max_results=2)))
        nearest = searcher.search("The weather was excellent.").nearest_neighbors
        self.assertEqual(bytes(nearest[0].metadata), b"The weather was excellent.")
        self.assertAlmostEqual(nearest[0].distance, 0, 5)
        embedder = text.TextEmbedder.create_from_file(model)
        self.assertEqual(embedder.embed("good").embeddings[0].feature_vector.value.shape, (16,))

    def test_classify(self):
        model = shared("zoo/nl_classifier_regex.tflite")
        head = text.NLClassifier.create_from_file(model).classify(
            "What a waste of my time.").classifications[0]
        self.assertEqual(head.head_name, "")
        self.assertEqual([c.index for c in head.categories], [0, 1])
        self.assertEqual([c.category_name for c in head.categories], ["Negative", "Positive"])
        self.assertAlmostEqual(sum(c.score for c in head.categories), 1, 4)
        with self.assertRaisesRegex(ValueError, "at least 3 input tensors"):
            text.BertNLClassifier.create_from_file(model)

    def test_bert(self):
        classifier = text.BertNLClassifier.create_from_file(os.path.join(DATA, "sentiment.tflite"))
        for words, wanted in (("A good film", [1, 0]), ("bad, BAD film", [0, 1]), ("", [0, 0])):
            categories = classifier.classify(words).classifications[0].categories
            self.assertEqual([c.category_name for c in categories], ["good", "bad"])
            self.assertEqual([c.score for c in categories], wanted)
        answerer = text.BertQuestionAnswerer.create_from_file(os.path.join(DATA, "answer.tflite"))
        answers = answerer.answer("The Red quick, fox ran.", "Who ran?").answers
        self.assertEqual([(a.text, a.pos.logit) for a in answers], [("Red quick, fox", 2)])
        self.assertEqual(answerer.answer("Nothing here.", "Who ran?").answers, [])

    def test_sentence_encoder(self):
        embedder = text.TextEmbedder.create_from_file(os.path.join(DATA, "sentences.tflite"))
        self.assertEqual(embedder.number_of_output_layers, 1)
        self.assertEqual([embedder.get_embedding_dimension(i) for i in (-1, 0, 1)], [-1, 3, -1])
        for words, wanted in (("hello", [1, 0, 0]), ("bye", [0, 1, 0]), ("", [0, 0, 1])):
            embedding, = embedder.embed(words).embeddings
            self.assertEqual(embedding.output_index, 1)
            self.assertEqual(embedding.feature_vector.value.tolist(), wanted)

    def test_encoder_operators(self):
        """Numbers of pieces, as tflite-support 0.4.4 gives them."""
        embedder = text.TextEmbedder.create_from_file(os.path.join(DATA, "encoded.tflite"))
        for words, wanted in (("", [1, 2]), ("x  y", [1, 59, 0, 59, 0, 2]),
                              ("  the fox ", [1, 59, 44, 0, 53, 59, 0, 58, 0, 2]),
                              ("a b c d e f g h i j k l m n o p",
                               [1, 59, 57, 59, 56, 59, 0, 59, 0, 59, 53, 59, 0, 59, 0, 59, 0, 59,
                                50, 59, 0, 59, 49, 59])):
            embedding, = embedder.embed(words).embeddings
            self.assertEqual(embedding.feature_vector.value.tolist(),
                             wanted + [-1] * (24 - len(wanted)))


@needs_tasks
class BaseOptionsTest(unittest.TestCase):
    TASKS = [(audio, "AudioClassifier"), (audio, "AudioEmbedder"), (text, "NLClassifier"),
             (text, "BertNLClassifier"), (text, "BertQuestionAnswerer"), (text, "TextEmbedder"),
             (text, "TextSearcher"), (vision, "ImageSearcher"), (vision, "ImageClassifier"),
             (vision, "ObjectDetector"), (vision, "ImageSegmenter"), (vision, "ImageEmbedder")
             ] if vision else []

    @staticmethod
    def opened(module, name, **base):
        options = getattr(module, name + "Options")(core.BaseOptions(**base))
        return getattr(module, name).create_from_options(options)

    def test_no_model(self):
        others = {"ImageClassifier": "Expected exactly one of `base_options.model_file`",
                  "ObjectDetector": "Expected exactly one of `base_options.model_file`",
                  "ImageSegmenter": "Expected exactly one of `base_options.model_file`",
                  "ImageEmbedder": "ExternalFile must specify at least one of 'file_content', "
                                   "'file_name' or 'file_descriptor_meta'."}
        for module, name in self.TASKS:
            wanted = others.get(name, "Missing mandatory `model_file` field in `base_options`")
            for base, kind, message in (
                    ({}, ValueError, wanted),
                    ({"file_name": ""}, ValueError, "ExternalFile must specify at least one of"),
                    ({"file_name": "/no.tflite"}, RuntimeError,
                     "Unable to open file at /no.tflite"),
                    ({"file_content": b"junk" * 10}, ValueError,
                     "The model is not a valid Flatbuffer buffer")):
                with self.subTest(task=name, **base):
                    self.assertRaisesRegex(kind, "^" + re.escape(message), self.opened, module,
                                           name, **base)

    def test_threads(self):
        for module, name in self.TASKS:
            for threads in (0, -2):
                with self.subTest(task=name, threads=threads):
                    if name != "ImageEmbedder":
                        self.assertRaisesRegex(ValueError, "^`num_threads` must be greater than 0",
                                               self.opened, module, name, file_name=DIGITS,
                                               num_threads=threads)
        self.opened(vision, "ImageEmbedder", file_name=DIGITS, num_threads=0)
        self.assertRaisesRegex(RuntimeError, "^Failed setting number of CPU threads", self.opened,
                               vision, "ImageEmbedder", file_name=DIGITS, num_threads=-2)


@needs_tasks
class AudioTest(unittest.TestCase):
    def test_tensor_audio(self):
        path = os.path.join(DATA, "tone.wav")
        all_of_it = audio.TensorAudio.create_from_wav_file(path, 10 ** 6)
        self.assertEqual(all_of_it.buffer.shape, (all_of_it.buffer_size, all_of_it.format.channels))
        part = audio.TensorAudio.create_from_wav_file(path, 50, offset=10)
        np.testing.assert_array_equal(part.buffer, all_of_it.buffer[10:60])
        part.load_from_array(all_of_it.buffer[:20])
        np.testing.assert_array_equal(part.buffer[-20:], all_of_it.buffer[:20])
        np.testing.assert_array_equal(part.buffer[:30], all_of_it.buffer[30:60])
        part.clear()
        self.assertFalse(part.buffer.any())
        self.assertRaises(ValueError, part.load_from_array, np.zeros((4, 7)))
        self.assertRaises(ValueError, part.load_from_array, all_of_it.buffer, 5, 10 ** 7)
        self.assertRaises(ValueError, audio.TensorAudio.create_from_wav_file, path, 5, -1)
        for name, size, offset, kind, message in (
                ("/no.wav", 5, 0, ValueError, "Data too short when trying to read string"),
                ("", 5, 0, ValueError, "Data too short when trying to read string"),
                (DATA, 5, 0, RuntimeError, "cannot read"),
                (DIGITS, 5, 0, ValueError, "no WAV file"),
                (path, -1, 0, ValueError, "negative dimensions are not allowed"),
                (path, 5, 10 ** 7, ValueError, "Initial offset is outside data range: 10000000")):
            self.assertRaisesRegex(kind, message, audio.TensorAudio.create_from_wav_file, name,
                                   size, offset)

    def test_record(self):
        record = audio.AudioRecord(2, 16000, 6)
        self.assertEqual((record.channels, record.sampling_rate, record.buffer_size),
                         (2, 16000, 6))
        frames = np.arange(24, dtype=np.float32).reshape(12, 2)
        record.write(frames[:4])
        np.testing.assert_array_equal(record.read(6), np.vstack((np.zeros((2, 2)), frames[:4])))
        record.write(frames[4:7])
        np.testing.assert_array_equal(record.read(5), frames[2:7])
        record.write(frames)
        np.testing.assert_array_equal(record.read(6), frames[6:])
        tensor = audio.TensorAudio(audio.AudioFormat(2, 16000), 3)
        tensor.load_from_audio_record(record)
        np.testing.assert_array_equal(tensor.buffer, frames[9:])
        for size in (0, 7):
            self.assertRaises(ValueError, record.read, size)
        self.assertRaises(ValueError, audio.AudioRecord, 0, 16000, 6)
        other = audio.TensorAudio(audio.AudioFormat(1, 16000), 3)
        self.assertRaises(ValueError, other.load_from_audio_record, record)

    def test_classify_and_embed(self):
        model = shared("zoo/yamnet_with_metadata.tflite")
        classifier = audio.AudioClassifier.create_from_options(audio.AudioClassifierOptions(
            core.BaseOptions(model), processor.ClassificationOptions(max_results=1)))
        self.assertEqual(classifier.required_audio_format, audio.AudioFormat(1, 16000))
        tensor = classifier.create_input_tensor_audio()
        self.assertEqual(tensor.buffer_size, classifier.required_input_buffer_size)
        silence = classifier.classify(tensor).classifications
        self.assertEqual(silence[0].categories[0].category_name, "Silence")
        speech = audio.TensorAudio.create_from_wav_file(
            shared("task/inputs/speech.wav"), tensor.buffer_size)
        tensor.load_from_array(speech.buffer)
        heads = classifier.classify(tensor).classifications
        self.assertEqual(heads[0].categories[0].category_name, "Speech")
        self.assertEqual(classifier.create_audio_record().buffer_size, tensor.buffer_size)
        embedder = audio.AudioEmbedder.create_from_file(model)
        self.assertEqual(len(embedder.embed(tensor).embeddings), embedder.number_of_output_layers)


if __name__ == "__main__":
    unittest.main()
