# SPDX-License-Identifier: Apache-2.0
"""Tasks on texts."""
import dataclasses

from linnet.task import _library, core, processor
from linnet.task._tasks import Embedder, Searcher, Task


def _text_options(options, **more):
    return _library.TextOptions(base=_library.base_options(
        options.base_options, _library.NO_MODEL), **more)


@dataclasses.dataclass
class NLClassifierOptions:
    """The model."""

    base_options: core.BaseOptions


class NLClassifier(Task):
    """Says of what kind a text is."""

    _options_type = NLClassifierOptions

    @staticmethod
    def _open(options):
        return _library.Handle("text_classifier", _text_options(options))

    def classify(self, text):
        """Classifies a text; categories come in the order of the model's classes."""
        return self._take("ln_text_classify", _library.Classifications,
                          _library.text_classifications, text.encode())


@dataclasses.dataclass
class BertNLClassifierOptions:
    """The model."""

    base_options: core.BaseOptions


class BertNLClassifier(NLClassifier):
    """Says of what kind a text is, by a BERT model."""

    _options_type = BertNLClassifierOptions

    @staticmethod
    def _open(options):
        return _library.Handle("text_classifier", _text_options(options, bert=True))


@dataclasses.dataclass
class BertQuestionAnswererOptions:
    """The model."""

    base_options: core.BaseOptions


class BertQuestionAnswerer(Task):
    """Answers questions by words of a text."""

    _options_type = BertQuestionAnswererOptions

    @staticmethod
    def _open(options):
        return _library.Handle("question_answerer", _text_options(options))

    def answer(self, context, question):
        """The answers that a text has for a question, best first."""
        return self._take("ln_question_answer", _library.Answers, _library.answers,
                          context.encode(), question.encode())


@dataclasses.dataclass
class TextEmbedderOptions:
    """The model, and what becomes of its vectors."""

    base_options: core.BaseOptions
    embedding_options: processor.EmbeddingOptions = dataclasses.field(
        default_factory=processor.EmbeddingOptions)


class TextEmbedder(Embedder):
    """Turns texts into vectors."""

    _options_type = TextEmbedderOptions

    @staticmethod
    def _open(options):
        return _library.Handle("text_embedder", _text_options(
            options, embedding=_library.embedder_options(options.embedding_options)))

    def embed(self, text):
        """The vectors of a text."""
        return self._take("ln_text_embed", _library.Embeddings, _library.embeddings,
                          text.encode())


@dataclasses.dataclass
class TextSearcherOptions:
    """The model, what becomes of its vectors, and the index."""

    base_options: core.BaseOptions
    embedding_options: processor.EmbeddingOptions = dataclasses.field(
        default_factory=processor.EmbeddingOptions)
    search_options: processor.SearchOptions = dataclasses.field(
        default_factory=processor.SearchOptions)


class TextSearcher(Searcher):
    """Finds what in an index is like a text."""

    _options_type = TextSearcherOptions

    @staticmethod
    def _open(options):
        return _library.Handle("text_searcher", _text_options(
            options, embedding=_library.embedder_options(options.embedding_options)),
            _library.search_options(options.search_options))

    def search(self, text):
        """The items of the index nearest to a text."""
        return self._take("ln_text_search", _library.Neighbors, _library.neighbors, text.encode())


__all__ = [
    "BertNLClassifier", "BertNLClassifierOptions", "BertQuestionAnswerer",
    "BertQuestionAnswererOptions", "NLClassifier", "NLClassifierOptions", "TextEmbedder",
    "TextEmbedderOptions", "TextSearcher", "TextSearcherOptions",
]
