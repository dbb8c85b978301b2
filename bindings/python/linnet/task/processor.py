# SPDX-License-Identifier: Apache-2.0
"""Options of tasks, and what they give."""
import dataclasses
import enum
from typing import List, Optional, Tuple

import numpy as np

# ---- options ----


@dataclasses.dataclass
class ClassificationOptions:
    """Which categories a classifier gives: at most `max_results`, none below `score_threshold`
    (None: the model's metadata says it), and by name only those of one list or all but those of
    the other."""

    score_threshold: Optional[float] = None
    category_name_allowlist: Optional[List[str]] = None
    category_name_denylist: Optional[List[str]] = None
    display_names_locale: Optional[str] = None
    max_results: Optional[int] = None


@dataclasses.dataclass
class DetectionOptions(ClassificationOptions):
    """Which objects a detector gives."""


@dataclasses.dataclass
class EmbeddingOptions:
    """Whether vectors are scaled to length 1, and made uint8."""

    l2_normalize: Optional[bool] = None
    quantize: Optional[bool] = None


@dataclasses.dataclass
class SearchOptions:
    """The index (neither: it is in the model) and how many neighbors to give."""

    index_file_name: Optional[str] = None
    index_file_content: Optional[bytes] = None
    max_results: Optional[int] = 5


class OutputType(enum.Enum):
    """What a segmenter gives: one mask of classes, or one of confidences per class."""

    UNSPECIFIED = 0
    CATEGORY_MASK = 1
    CONFIDENCE_MASK = 2


@dataclasses.dataclass
class SegmentationOptions:
    """How a segmenter names and gives its classes."""

    display_names_locale: Optional[str] = None
    output_type: Optional[OutputType] = OutputType.CATEGORY_MASK


# ---- results ----


@dataclasses.dataclass
class BoundingBox:
    """A rectangle in pixels of the image."""

    origin_x: int
    origin_y: int
    width: int
    height: int


@dataclasses.dataclass
class Category:
    """A class with its score."""

    index: int
    score: float
    display_name: str
    category_name: str


@dataclasses.dataclass
class Classifications:
    """The categories of one output (head) of a model, best first."""

    categories: List[Category]
    head_index: int
    head_name: str


@dataclasses.dataclass
class ClassificationResult:
    """What a classifier gives."""

    classifications: List[Classifications]


@dataclasses.dataclass
class Detection:
    """An object."""

    bounding_box: BoundingBox
    categories: List[Category]


@dataclasses.dataclass
class DetectionResult:
    """What a detector gives."""

    detections: List[Detection]


class _ByValue:
    """Equality of objects that have arrays."""

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        pairs = [(getattr(self, f.name), getattr(other, f.name))
                 for f in dataclasses.fields(self)]
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
                   else a == b for a, b in pairs)


@dataclasses.dataclass(eq=False)
class FeatureVector(_ByValue):
    """A vector, of floats or uint8."""

    value: np.ndarray


@dataclasses.dataclass
class Embedding:
    """The vector of one output of a model."""

    feature_vector: FeatureVector
    output_index: int


@dataclasses.dataclass
class EmbeddingResult:
    """What an embedder gives."""

    embeddings: List[Embedding]


@dataclasses.dataclass
class NearestNeighbor:
    """An item of an index; the smaller the distance, the more alike."""

    metadata: bytearray
    distance: float


@dataclasses.dataclass
class SearchResult:
    """What a searcher gives, nearest first."""

    nearest_neighbors: List[NearestNeighbor]


@dataclasses.dataclass(eq=False)
class ConfidenceMask(_ByValue):
    """How sure the model is of a class, pixel by pixel."""

    value: np.ndarray


@dataclasses.dataclass
class ColoredLabel:
    """A class, and a color to show it in."""

    color: Tuple[int, int, int]
    category_name: str
    display_name: str


@dataclasses.dataclass(eq=False)
class Segmentation(_ByValue):
    """Masks of the size that the model gives."""

    height: int
    width: int
    colored_labels: List[ColoredLabel]
    category_mask: Optional[np.ndarray] = None
    confidence_masks: Optional[List[ConfidenceMask]] = None


@dataclasses.dataclass
class SegmentationResult:
    """What a segmenter gives: one segmentation."""

    segmentations: List[Segmentation]


@dataclasses.dataclass
class Pos:
    """Where an answer is: tokens of the model's sequence; the higher the logit the better."""

    start: int
    end: int
    logit: float


@dataclasses.dataclass
class QaAnswer:
    """An answer: words of the context."""

    pos: Pos
    text: str


@dataclasses.dataclass
class QuestionAnswererResult:
    """What a question answerer gives, best first."""

    answers: List[QaAnswer]


__all__ = [
    "BoundingBox", "Category", "ClassificationOptions", "ClassificationResult", "Classifications",
    "ColoredLabel", "ConfidenceMask", "Detection", "DetectionOptions", "DetectionResult",
    "Embedding", "EmbeddingOptions", "EmbeddingResult", "FeatureVector", "NearestNeighbor",
    "OutputType", "Pos", "QaAnswer", "QuestionAnswererResult", "SearchOptions", "SearchResult",
    "Segmentation", "SegmentationOptions", "SegmentationResult",
]
