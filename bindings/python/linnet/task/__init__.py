# SPDX-License-Identifier: Apache-2.0
"""Labelled results from images, texts and sound, with the names of tflite_support.task.

>>> from linnet.task import vision                                            # doctest: +SKIP
>>> classifier = vision.ImageClassifier.create_from_file("mobilenet.tflite")  # doctest: +SKIP
>>> image = vision.TensorImage.create_from_file("burger.jpg")                 # doctest: +SKIP
>>> classifier.classify(image).classifications[0].categories[0].category_name # doctest: +SKIP

`from linnet.task import audio, core, processor, text, vision` takes the place of the same line with
`tflite_support.task`."""
from linnet.task import audio, core, processor, text, vision

__all__ = ["audio", "core", "processor", "text", "vision"]
