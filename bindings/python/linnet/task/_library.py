# SPDX-License-Identifier: Apache-2.0
"""The functions of linnet/task/*.h, as ctypes sees them: structs of the headers, in their order,
and what turns options into them and results into objects of `processor`."""
import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_float, c_int, c_int8, c_longlong, c_size_t
from ctypes import c_uint8, c_void_p

import numpy as np

from linnet import _core
from linnet.task import processor

# ---- structs ----


def _struct(type_name, /, **fields):
    return type(type_name, (ctypes.Structure,), {"_fields_": list(fields.items())})


Error = _struct("ln_task_error", code=c_int, message=ctypes.c_char * 512)
BaseOptions = _struct(
    "ln_task_options", model_path=c_char_p, model_data=c_char_p, model_size=c_size_t,
    model_fd=c_int, fd_offset=c_longlong, fd_length=c_longlong, num_threads=c_int,
    delegate=c_char_p, configure=c_void_p, user=c_void_p)
ClassifierOptions = _struct(
    "ln_classifier_options", max_results=c_int, has_score_threshold=c_bool,
    score_threshold=c_float, allow=POINTER(c_char_p), deny=POINTER(c_char_p), locale=c_char_p)
EmbedderOptions = _struct("ln_embedder_options", l2_normalize=c_bool, quantize=c_bool)
VisionOptions = _struct(
    "ln_vision_options", base=BaseOptions, categories=ClassifierOptions, embedding=EmbedderOptions,
    confidence_masks=c_bool, letterbox=c_bool, n_mean=c_int, mean=c_float * 3, std=c_float * 3)
TextOptions = _struct(
    "ln_text_options", base=BaseOptions, categories=ClassifierOptions, embedding=EmbedderOptions,
    input_name=c_char_p, score_name=c_char_p, label_name=c_char_p, input_index=c_int,
    score_index=c_int, label_index=c_int, bert=c_bool)
AudioOptions = _struct(
    "ln_audio_options", base=BaseOptions, categories=ClassifierOptions, embedding=EmbedderOptions)
SearchOptions = _struct(
    "ln_search_options", index_path=c_char_p, index_data=c_char_p, index_size=c_size_t,
    max_results=c_int)

Frame = _struct(
    "ln_frame", format=c_int, width=c_int, height=c_int, orientation=c_int, planes=c_void_p * 3,
    strides=c_int * 3)
Box = _struct("ln_box", x=c_int, y=c_int, width=c_int, height=c_int)
Image = _struct("ln_image", frame=Frame, pixels=POINTER(c_uint8))
Audio = _struct("ln_audio", sample_rate=c_int, channels=c_int, frames=c_size_t,
                samples=POINTER(c_float))
Format = _struct("ln_audio_format", sample_rate=c_int, channels=c_int, frames=c_size_t)

Category = _struct("ln_category", index=c_int, score=c_float, name=c_char_p,
                   display_name=c_char_p)
Classification = _struct("ln_classification", head_name=c_char_p, n=c_int,
                         categories=POINTER(Category))
Classifications = _struct("ln_classification_result", n=c_int, heads=POINTER(Classification))
Detection = _struct("ln_detection", box=Box, category=Category)
Detections = _struct("ln_detection_result", n=c_int, detections=POINTER(Detection))
ColoredLabel = _struct("ln_colored_label", red=c_uint8, green=c_uint8, blue=c_uint8,
                       name=c_char_p, display_name=c_char_p)
Segmentation = _struct(
    "ln_segmentation_result", width=c_int, height=c_int, categories=POINTER(c_uint8),
    confidences=POINTER(POINTER(c_float)), n_labels=c_int, labels=POINTER(ColoredLabel))
Embedding = _struct("ln_embedding", dimension=c_int, values=POINTER(c_float),
                    quantized=POINTER(c_int8), output=c_int)
Embeddings = _struct("ln_embedding_result", n=c_int, embeddings=POINTER(Embedding))
Neighbor = _struct("ln_neighbor", metadata=c_void_p, size=c_size_t, distance=c_float)
Neighbors = _struct("ln_search_result", n=c_int, neighbors=POINTER(Neighbor))
Answer = _struct("ln_answer", text=c_char_p, logit=c_float, start=c_int, end=c_int)
Answers = _struct("ln_answer_result", n=c_int, answers=POINTER(Answer))

# ---- functions ----

library = ctypes.CDLL(_core.__file__)
if not hasattr(library, "ln_image_classifier_create"):
    raise ImportError(
        "this build of linnet has no tasks: it was made without libzip, cJSON, libjpeg, libpng, "
        "utf8proc and PCRE2.  On Debian: apt-get install libzip-dev libcjson-dev libjpeg-dev "
        "libpng-dev libutf8proc-dev libpcre2-dev; then build it again")


def _function(name, result, *arguments):
    f = getattr(library, name)
    f.restype, f.argtypes = result, arguments
    return f


#: Codes of errors for which tflite_support raises RuntimeError: files, what is not there, and
#: missing NormalizationOptions (208).
_RUNTIME_CODES = {1, 100, 101, 102, 103, 208, 900}


def call(name, result, *arguments):
    """Calls a function whose last argument is an error; raises what that says.  Structs are given
    by their address."""
    error = Error()
    f = getattr(library, name)
    f.restype = result
    value = f(*(ctypes.byref(a) if isinstance(a, ctypes.Structure) else a for a in arguments),
              ctypes.byref(error))
    if not value:
        text = error.message.decode(errors="replace")
        raise RuntimeError(text) if error.code in _RUNTIME_CODES else ValueError(text)
    return value


class Handle:
    """An object of the library; freed with its Python object.  It keeps the options, whose bytes
    of a model must live as long."""

    def __init__(self, kind, *arguments):
        self.kind = kind
        self._arguments = arguments
        self.pointer = c_void_p(call(f"ln_{kind}_create", c_void_p, *arguments))
        self._free = _function(f"ln_{kind}_free", None, c_void_p)

    def __del__(self):
        if getattr(self, "pointer", None):
            self._free(self.pointer)


_cosine = _function("ln_cosine_similarity", c_bool, POINTER(Embedding), POINTER(Embedding),
                    POINTER(ctypes.c_double))

# ---- options ----


def _text(value):
    return value.encode() if value is not None else None


def _list(names):
    """An array of names that ends with NULL, or NULL."""
    if not names:
        return None
    return ctypes.cast((c_char_p * (len(names) + 1))(*map(str.encode, names), None),
                       POINTER(c_char_p))


#: What tflite_support says when no model is named, but for three tasks on images.
NO_MODEL = "Missing mandatory `model_file` field in `base_options`"
#: The same for the image embedder.
NO_FILE = ("ExternalFile must specify at least one of 'file_content', 'file_name' or "
           "'file_descriptor_meta'.")


def base_options(options, no_model=None, any_threads=False):
    """BaseOptions as a struct; what it points to is kept by the struct.  `no_model` is the error of
    options that name no model (None: the library's own); `any_threads` leaves numbers of threads to
    the library, which takes 0."""
    if options.use_coral:
        raise ValueError("use_coral: Coral devices are not supported")
    threads = -1 if options.num_threads is None else options.num_threads
    if not any_threads and (threads < -1 or threads == 0):
        raise ValueError("`num_threads` must be greater than 0 or equal to -1.")
    content = options.file_content
    if no_model and content is None and options.file_name is None:
        raise ValueError(no_model)
    return BaseOptions(
        model_path=_text(options.file_name) if content is None else None,
        model_data=bytes(content) if content is not None else None,
        model_size=len(content) if content is not None else 0,
        num_threads=threads, delegate=_text(options.delegate))


def category_options(options):
    if options.max_results == 0:
        raise ValueError("Invalid `max_results` option: value must be != 0")
    threshold = options.score_threshold
    return ClassifierOptions(
        max_results=options.max_results or -1, has_score_threshold=threshold is not None,
        score_threshold=threshold or 0, allow=_list(options.category_name_allowlist),
        deny=_list(options.category_name_denylist), locale=_text(options.display_names_locale))


def embedder_options(options):
    return EmbedderOptions(bool(options.l2_normalize), bool(options.quantize))


def search_options(options):
    most = 5 if options.max_results is None else options.max_results
    if most < 1:
        raise ValueError(f"SearchOptions.max_results must be > 0, found {most}.")
    content = options.index_file_content
    return SearchOptions(
        index_path=_text(options.index_file_name) if content is None else None,
        index_data=bytes(content) if content is not None else None,
        index_size=len(content) if content is not None else 0, max_results=most)


# ---- results ----


def _name(text):
    return text.decode(errors="replace") if text else ""


def _category(c):
    return processor.Category(c.index, c.score, _name(c.display_name), _name(c.name))


def take(name, kind, convert, *arguments):
    """The result of a function as `convert` makes it; the library's is freed."""
    pointer = call(name, POINTER(kind), *arguments)
    try:
        return convert(pointer.contents)
    finally:
        _function(f"{kind.__name__}_free", None, c_void_p)(pointer)


def classifications(r):
    return processor.ClassificationResult([
        processor.Classifications([_category(c) for c in r.heads[i].categories[:r.heads[i].n]], i,
                                  _name(r.heads[i].head_name)) for i in range(r.n)])


def image_classifications(r):
    """The same; a head that is the only one has no name."""
    result = classifications(r)
    if len(result.classifications) == 1:
        result.classifications[0].head_name = ""
    return result


def text_classifications(r):
    """The same, in the order of the model's classes and without a name of the head."""
    result = image_classifications(r)
    for head in result.classifications:
        head.categories.sort(key=lambda c: c.index)
    return result


def detections(r):
    return processor.DetectionResult([
        processor.Detection(processor.BoundingBox(d.box.x, d.box.y, d.box.width, d.box.height),
                            [_category(d.category)]) for d in r.detections[:r.n]])


def segmentations(r):
    labels = [processor.ColoredLabel((c.red, c.green, c.blue), _name(c.name),
                                     _name(c.display_name)) for c in r.labels[:r.n_labels]]
    shape = (r.height, r.width)
    result = processor.Segmentation(r.height, r.width, labels)
    if r.categories:
        result.category_mask = np.ctypeslib.as_array(r.categories, shape).copy()
    else:
        result.confidence_masks = [
            processor.ConfidenceMask(np.ctypeslib.as_array(r.confidences[i], shape).astype(float))
            for i in range(r.n_labels)]
    return processor.SegmentationResult([result])


def _vector(e):
    shape = (e.dimension,)
    if e.values:
        return np.ctypeslib.as_array(e.values, shape).astype(float)
    return np.ctypeslib.as_array(e.quantized, shape).view(np.uint8).copy()


def embeddings(r):
    return processor.EmbeddingResult([
        processor.Embedding(processor.FeatureVector(_vector(e)), e.output)
        for e in r.embeddings[:r.n]])


def neighbors(r):
    return processor.SearchResult([
        processor.NearestNeighbor(bytearray(ctypes.string_at(n.metadata, n.size)), n.distance)
        for n in r.neighbors[:r.n]])


def answers(r):
    return processor.QuestionAnswererResult([
        processor.QaAnswer(processor.Pos(a.start, a.end, a.logit), _name(a.text))
        for a in r.answers[:r.n]])


def cosine_similarity(u, v):
    """The cosine of the angle between two vectors of the same kind and length."""
    values = [np.asarray(vector.value) for vector in (u, v)]
    kinds = [value.dtype == np.uint8 for value in values]
    if kinds[0] != kinds[1]:
        raise ValueError("Cannot compute cosine similarity between quantized and float feature "
                         "vectors")
    kind = "quantized" if kinds[0] else "float"
    if values[0].size != values[1].size:
        raise ValueError(f"Cannot compute cosine similarity on {kind} feature vectors of different "
                         f"sizes ({values[0].size} vs {values[1].size})")
    if not values[0].size:
        raise ValueError("Cannot compute cosine similarity on empty feature vectors")
    both = []
    for value in values:
        quantized = value.dtype == np.uint8
        value = np.ascontiguousarray(value, np.uint8 if quantized else np.float32)
        e = Embedding(dimension=value.size)
        if quantized:
            e.quantized = value.ctypes.data_as(POINTER(c_int8))
        else:
            e.values = value.ctypes.data_as(POINTER(c_float))
        both.append((e, value))
    cosine = ctypes.c_double()
    if not _cosine(both[0][0], both[1][0], cosine):
        raise ValueError("Cannot compute cosine similarity on feature vector with 0 norm")
    return cosine.value
