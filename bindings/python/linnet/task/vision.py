# SPDX-License-Identifier: Apache-2.0
"""Tasks on images."""
import ctypes
import dataclasses
import enum
import os

import numpy as np

from linnet.task import _library, core, processor
from linnet.task._tasks import Embedder, Searcher, Task


@enum.unique
class ColorSpaceType(enum.Enum):
    """What a pixel is."""

    GRAYSCALE = "GRAYSCALE"
    RGB = "RGB"
    RGBA = "RGBA"


_COLORS = {1: (2, ColorSpaceType.GRAYSCALE), 3: (0, ColorSpaceType.RGB),
           4: (1, ColorSpaceType.RGBA)}


class TensorImage:
    """An image: an array of uint8."""

    def __init__(self, array):
        self._array = array

    @classmethod
    def create_from_file(cls, file_name):
        """Reads a JPEG, PNG or BMP file; pixels are RGB."""
        return cls._take("ln_image_read", os.fsencode(file_name))

    @classmethod
    def create_from_buffer(cls, buffer):
        """Reads the bytes of such a file."""
        return cls._take("ln_image_decode", bytes(buffer), ctypes.c_size_t(len(buffer)))

    @classmethod
    def _take(cls, function, *arguments):
        try:
            image = _library.call(function, ctypes.POINTER(_library.Image), *arguments)
        except (ValueError, RuntimeError) as error:
            raise RuntimeError(f"An error occurred while decoding image: {error}") from None
        frame = image.contents.frame
        array = np.ctypeslib.as_array(image.contents.pixels, (frame.height, frame.width, 3)).copy()
        _library.library.ln_image_free(image)
        return cls(array)

    @classmethod
    def create_from_array(cls, array):
        """An image of an array of uint8: (h, w), (h, w, 3) or (h, w, 4), and 1 before it or not."""
        if array.dtype != np.uint8:
            raise ValueError("Expect numpy array with dtype=uint8.")
        array = np.squeeze(array)
        if array.ndim not in (2, 3):
            raise ValueError("Incompatible buffer dimension!")
        if array.ndim == 3 and array.shape[2] not in _COLORS:
            raise ValueError("Unsupported color space type.")
        return cls(np.ascontiguousarray(array))

    @property
    def buffer(self):
        """The pixels."""
        return self._array if self._array.ndim == 3 else self._array[..., np.newaxis]

    @property
    def height(self):
        """Rows of pixels."""
        return self._array.shape[0]

    @property
    def width(self):
        """Pixels of a row."""
        return self._array.shape[1]

    @property
    def color_space_type(self):
        """What a pixel is."""
        return _COLORS[self.buffer.shape[2]][1]

    def _frame(self):
        planes = (ctypes.c_void_p * 3)(self._array.ctypes.data)
        return _library.Frame(format=_COLORS[self.buffer.shape[2]][0], width=self.width,
                              height=self.height, orientation=1, planes=planes)


def _region(box):
    if box is None:
        return None
    return _library.Box(box.origin_x, box.origin_y, box.width, box.height)


def _vision_options(options, no_model=None, any_threads=False, **more):
    return _library.VisionOptions(base=_library.base_options(
        options.base_options, no_model, any_threads), **more)


@dataclasses.dataclass
class ImageClassifierOptions:
    """The model, and which categories to give."""

    base_options: core.BaseOptions
    classification_options: processor.ClassificationOptions = dataclasses.field(
        default_factory=processor.ClassificationOptions)


class ImageClassifier(Task):
    """Says what is in an image."""

    _options_type = ImageClassifierOptions

    @staticmethod
    def _open(options):
        return _library.Handle("image_classifier", _vision_options(
            options, categories=_library.category_options(options.classification_options)))

    def classify(self, image, bounding_box=None):
        """Classifies an image, or a part of it."""
        return self._take("ln_image_classify", _library.Classifications,
                          _library.image_classifications, image._frame(), _region(bounding_box))


@dataclasses.dataclass
class ObjectDetectorOptions:
    """The model, and which objects to give."""

    base_options: core.BaseOptions
    detection_options: processor.DetectionOptions = dataclasses.field(
        default_factory=processor.DetectionOptions)


class ObjectDetector(Task):
    """Says where which objects are in an image."""

    _options_type = ObjectDetectorOptions

    @staticmethod
    def _open(options):
        return _library.Handle("object_detector", _vision_options(
            options, categories=_library.category_options(options.detection_options)))

    def detect(self, image):
        """Finds objects in an image."""
        return self._take("ln_object_detect", _library.Detections, _library.detections,
                          image._frame())


@dataclasses.dataclass
class ImageSegmenterOptions:
    """The model, and what to give."""

    base_options: core.BaseOptions
    segmentation_options: processor.SegmentationOptions = dataclasses.field(
        default_factory=processor.SegmentationOptions)


class ImageSegmenter(Task):
    """Says which pixel belongs to what."""

    _options_type = ImageSegmenterOptions

    @staticmethod
    def _open(options):
        o = options.segmentation_options
        if o.output_type == processor.OutputType.UNSPECIFIED:
            raise ValueError("ImageSegmenterOptions: `output_type` must not be UNSPECIFIED")
        locale = o.display_names_locale
        return _library.Handle("image_segmenter", _vision_options(
            options, confidence_masks=o.output_type == processor.OutputType.CONFIDENCE_MASK,
            categories=_library.ClassifierOptions(locale=locale.encode() if locale else None)))

    def segment(self, image):
        """Segments an image."""
        return self._take("ln_image_segment", _library.Segmentation, _library.segmentations,
                          image._frame())


@dataclasses.dataclass
class ImageEmbedderOptions:
    """The model, and what becomes of its vectors."""

    base_options: core.BaseOptions
    embedding_options: processor.EmbeddingOptions = dataclasses.field(
        default_factory=processor.EmbeddingOptions)


class ImageEmbedder(Embedder):
    """Turns images into vectors."""

    _options_type = ImageEmbedderOptions

    @staticmethod
    def _open(options):
        return _library.Handle("image_embedder", _vision_options(
            options, _library.NO_FILE, any_threads=True,
            embedding=_library.embedder_options(options.embedding_options)))

    def embed(self, image, bounding_box=None):
        """The vectors of an image, or of a part of it."""
        return self._take("ln_image_embed", _library.Embeddings, _library.embeddings,
                          image._frame(), _region(bounding_box))


@dataclasses.dataclass
class ImageSearcherOptions:
    """The model, what becomes of its vectors, and the index."""

    base_options: core.BaseOptions
    embedding_options: processor.EmbeddingOptions = dataclasses.field(
        default_factory=processor.EmbeddingOptions)
    search_options: processor.SearchOptions = dataclasses.field(
        default_factory=processor.SearchOptions)


class ImageSearcher(Searcher):
    """Finds what in an index is like an image."""

    _options_type = ImageSearcherOptions

    @staticmethod
    def _open(options):
        return _library.Handle("image_searcher", _vision_options(
            options, _library.NO_MODEL,
            embedding=_library.embedder_options(options.embedding_options)),
            _library.search_options(options.search_options))

    def search(self, image, bounding_box=None):
        """The items of the index nearest to an image, or to a part of it."""
        return self._take("ln_image_search", _library.Neighbors, _library.neighbors,
                          image._frame(), _region(bounding_box))


__all__ = [
    "ColorSpaceType", "ImageClassifier", "ImageClassifierOptions", "ImageEmbedder",
    "ImageEmbedderOptions", "ImageSearcher", "ImageSearcherOptions", "ImageSegmenter",
    "ImageSegmenterOptions", "ObjectDetector", "ObjectDetectorOptions", "TensorImage",
]
