# SPDX-License-Identifier: Apache-2.0
"""What is to be said of a model and its tensors, as objects that make the schema's objects.

Attributes and arguments are those of tflite_support's module of the same name; names and
descriptions too, since programs look for them."""
import collections
import csv
import os
from typing import Any, List, Optional

from linnet import metadata_schema_py_generated as _fb
from linnet.metadata_writers import writer_utils

_VOCABULARY = "Vocabulary file to convert natural language words to embedding vectors."
_MAX_UINT8 = 255


class GeneralMd:
    """The model: what it is called, by whom it is, under which license."""

    def __init__(self, name: Optional[str] = None, version: Optional[str] = None,
                 description: Optional[str] = None, author: Optional[str] = None,
                 licenses: Optional[str] = None):
        self.name = name
        self.version = version
        self.description = description
        self.author = author
        self.licenses = licenses

    def create_metadata(self) -> Any:
        """Returns a ModelMetadataT."""
        return _fb.ModelMetadataT(name=self.name, version=self.version, author=self.author,
                                  description=self.description, license=self.licenses)


class AssociatedFileMd:
    """A file that goes along with the model."""

    def __init__(self, file_path: str, description: Optional[str] = None,
                 file_type: int = _fb.AssociatedFileType.UNKNOWN, locale: Optional[str] = None):
        self.file_path = file_path
        self.description = description
        self.file_type = file_type
        self.locale = locale

    def create_metadata(self) -> Any:
        """Returns an AssociatedFileT."""
        return _fb.AssociatedFileT(name=os.path.basename(self.file_path), type=self.file_type,
                                   description=self.description, locale=self.locale)


class LabelFileMd(AssociatedFileMd):
    """A file with a line per class."""

    def __init__(self, file_path: str, locale: Optional[str] = None):
        super().__init__(file_path, "Labels for categories that the model can recognize.",
                         _fb.AssociatedFileType.TENSOR_AXIS_LABELS, locale)


def _unit(kind: str, options: Any) -> Any:
    return _fb.ProcessUnitT(optionsType=getattr(_fb.ProcessUnitOptions, kind), options=options)


def _vocabulary(path: str, more: str = "") -> Any:
    return _fb.AssociatedFileT(name=path, description=_VOCABULARY + more,
                               type=_fb.AssociatedFileType.VOCABULARY)


class RegexTokenizerMd:
    """A tokenizer that cuts a text where a regular expression matches."""

    def __init__(self, delim_regex_pattern: str, vocab_file_path: str):
        self._delim_regex_pattern = delim_regex_pattern
        self._vocab_file_path = vocab_file_path

    def create_metadata(self) -> Any:
        """Returns a ProcessUnitT."""
        return _unit("RegexTokenizerOptions", _fb.RegexTokenizerOptionsT(
            delimRegexPattern=self._delim_regex_pattern,
            vocabFile=[_vocabulary(self._vocab_file_path)]))


class BertTokenizerMd:
    """BERT's tokenizer."""

    def __init__(self, vocab_file_path: str):
        self._vocab_file_path = vocab_file_path

    def create_metadata(self) -> Any:
        """Returns a ProcessUnitT."""
        return _unit("BertTokenizerOptions", _fb.BertTokenizerOptionsT(
            vocabFile=[_vocabulary(self._vocab_file_path)]))


class SentencePieceTokenizerMd:
    """A SentencePiece tokenizer; the vocabulary may be left out."""

    def __init__(self, sentence_piece_model_path: str, vocab_file_path: Optional[str] = None):
        self._sentence_piece_model_path = sentence_piece_model_path
        self._vocab_file_path = vocab_file_path

    def create_metadata(self) -> Any:
        """Returns a ProcessUnitT."""
        options = _fb.SentencePieceTokenizerOptionsT(sentencePieceModel=[_fb.AssociatedFileT(
            name=self._sentence_piece_model_path, description="The sentence piece model file.")])
        if self._vocab_file_path:
            options.vocabFile = [_vocabulary(
                self._vocab_file_path, " This file is optional during tokenization, while the "
                "sentence piece model is mandatory.")]
        return _unit("SentencePieceTokenizerOptions", options)


class ScoreCalibrationMd:
    """What makes the scores of different classes comparable: a file with a line of three or four
    parameters per class.  Raises ValueError where it has something else."""

    def __init__(self, score_transformation_type: int, default_score: float, file_path: str):
        self._score_transformation_type = score_transformation_type
        self._default_score = default_score
        self._file_path = file_path
        with open(file_path, encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                if row and len(row) not in (3, 4):
                    raise ValueError("Expected empty lines or 3 or 4 parameters per line in score "
                                     f"calibration file, but got {len(row)}.")
                if row and float(row[0]) < 0:
                    raise ValueError("Expected scale to be a non-negative value, but got "
                                     f"{float(row[0])}.")

    def create_metadata(self) -> Any:
        """Returns a ProcessUnitT."""
        return _unit("ScoreCalibrationOptions", _fb.ScoreCalibrationOptionsT(
            scoreTransformation=self._score_transformation_type,
            defaultScore=self._default_score))

    def create_score_calibration_file_md(self) -> AssociatedFileMd:
        """Returns the file."""
        return AssociatedFileMd(
            self._file_path, "Contains sigmoid-based score calibration parameters. The main "
            "purposes of score calibration is to make scores across classes comparable, so that a "
            "common threshold can be used for all output classes.",
            _fb.AssociatedFileType.TENSOR_AXIS_SCORE_CALIBRATION)


_CONTENTS = {
    _fb.ContentProperties.FeatureProperties: _fb.FeaturePropertiesT,
    _fb.ContentProperties.ImageProperties: _fb.ImagePropertiesT,
    _fb.ContentProperties.BoundingBoxProperties: _fb.BoundingBoxPropertiesT,
    _fb.ContentProperties.AudioProperties: _fb.AudioPropertiesT,
}


class TensorMd:
    """A tensor.  `tensor_name` is its name in the model, where order does not tell which it is."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 min_values: Optional[List[float]] = None,
                 max_values: Optional[List[float]] = None,
                 content_type: int = _fb.ContentProperties.FeatureProperties,
                 associated_files: Optional[List[AssociatedFileMd]] = None,
                 tensor_name: Optional[str] = None):
        self.name = name
        self.description = description
        self.min_values = min_values
        self.max_values = max_values
        self.content_type = content_type
        self.associated_files = associated_files
        self.tensor_name = tensor_name

    def create_metadata(self) -> Any:
        """Returns a TensorMetadataT."""
        tensor = _fb.TensorMetadataT(name=self.name, description=self.description)
        tensor.stats = _fb.StatsT(max=self.max_values, min=self.min_values)
        tensor.content = _fb.ContentT(contentPropertiesType=self.content_type)
        if self.content_type in _CONTENTS:
            tensor.content.contentProperties = _CONTENTS[self.content_type]()
        if self.associated_files:
            tensor.associatedFiles = [file.create_metadata() for file in self.associated_files]
        return tensor


class InputImageTensorMd(TensorMd):
    """An input image, and how its pixels become numbers: (pixel - mean) / std."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 norm_mean: Optional[List[float]] = None, norm_std: Optional[List[float]] = None,
                 color_space_type: int = _fb.ColorSpaceType.UNKNOWN,
                 tensor_type: Optional[int] = None):
        if norm_std and norm_mean and len(norm_std) != len(norm_mean):
            raise ValueError("norm_mean and norm_std are expected to be the same dim. But got "
                             f"{len(norm_mean)} and {len(norm_std)}")
        least = most = None
        if tensor_type == writer_utils.TensorType.UINT8:
            least, most = [0], [_MAX_UINT8]
        elif tensor_type == writer_utils.TensorType.FLOAT32 and norm_std and norm_mean:
            pairs = list(zip(norm_mean, norm_std))
            least = [(0.0 - mean) / std for mean, std in pairs]
            most = [(_MAX_UINT8 - mean) / std for mean, std in pairs]
        super().__init__(name, description, least, most, _fb.ContentProperties.ImageProperties)
        self.norm_mean = norm_mean
        self.norm_std = norm_std
        self.color_space_type = color_space_type

    def create_metadata(self) -> Any:
        """Returns a TensorMetadataT."""
        tensor = super().create_metadata()
        tensor.content.contentProperties.colorSpace = self.color_space_type
        if self.norm_mean and self.norm_std:
            tensor.processUnits = [_unit("NormalizationOptions", _fb.NormalizationOptionsT(
                mean=self.norm_mean, std=self.norm_std))]
        return tensor


class InputTextTensorMd(TensorMd):
    """An input text, with a RegexTokenizerMd where the model takes numbers of words."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 tokenizer_md: Optional[RegexTokenizerMd] = None):
        super().__init__(name, description)
        self.tokenizer_md = tokenizer_md

    def create_metadata(self) -> Any:
        """Returns a TensorMetadataT."""
        if not isinstance(self.tokenizer_md, (type(None), RegexTokenizerMd)):
            raise ValueError(f"The type of tokenizer_options, {type(self.tokenizer_md)}, is "
                             "unsupported")
        tensor = super().create_metadata()
        if self.tokenizer_md:
            tensor.processUnits = [self.tokenizer_md.create_metadata()]
        return tensor


class InputAudioTensorMd(TensorMd):
    """An input sound; 0 where rate or channels are not known."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 sample_rate: int = 0, channels: int = 0):
        super().__init__(name, description,
                         content_type=_fb.ContentProperties.AudioProperties)
        self.sample_rate = sample_rate
        self.channels = channels

    def create_metadata(self) -> Any:
        """Returns a TensorMetadataT."""
        for what in ("sample_rate", "channels"):
            if getattr(self, what) < 0:
                raise ValueError(f"{what} should be non-negative, but got {getattr(self, what)}.")
        tensor = super().create_metadata()
        tensor.content.contentProperties.sampleRate = self.sample_rate
        tensor.content.contentProperties.channels = self.channels
        return tensor


class ClassificationTensorMd(TensorMd):
    """Scores of classes."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 label_files: Optional[List[AssociatedFileMd]] = None,
                 tensor_type: Optional[int] = None,
                 score_calibration_md: Optional[ScoreCalibrationMd] = None,
                 tensor_name: Optional[str] = None):
        self.score_calibration_md = score_calibration_md
        most = {writer_utils.TensorType.UINT8: _MAX_UINT8,
                writer_utils.TensorType.FLOAT32: 1.0}.get(tensor_type)
        files = list(label_files or [])
        if score_calibration_md:
            files.append(score_calibration_md.create_score_calibration_file_md())
        super().__init__(name, description, None if most is None else [0],
                         None if most is None else [most],
                         _fb.ContentProperties.FeatureProperties, files, tensor_name)

    def create_metadata(self) -> Any:
        """Returns a TensorMetadataT."""
        tensor = super().create_metadata()
        if self.score_calibration_md:
            tensor.processUnits = [self.score_calibration_md.create_metadata()]
        return tensor


class CategoryTensorMd(TensorMd):
    """Numbers of classes; the labels are a line per number."""

    def __init__(self, name: Optional[str] = None, description: Optional[str] = None,
                 label_files: Optional[List[AssociatedFileMd]] = None):
        for file in label_files or []:
            file.file_type = _fb.AssociatedFileType.TENSOR_VALUE_LABELS
        super().__init__(name=name, description=description, associated_files=label_files)


class BertInputTensorsMd:
    """The three inputs of a BERT model, told apart by the names of their tensors."""

    def __init__(self, model_buffer: bytes, ids_name: str, mask_name: str, segment_name: str,
                 ids_md: Optional[TensorMd] = None, mask_md: Optional[TensorMd] = None,
                 segment_ids_md: Optional[TensorMd] = None, tokenizer_md: Any = None):
        names = [ids_name, mask_name, segment_name]
        self._ordered_names = writer_utils.get_input_tensor_names(model_buffer)
        if collections.Counter(self._ordered_names) != collections.Counter(names):
            raise ValueError(f"The input tensor names ({self._ordered_names}) do not match the "
                             f"tensor names read from the model ({names}).")
        if not isinstance(tokenizer_md,
                          (type(None), BertTokenizerMd, SentencePieceTokenizerMd)):
            raise ValueError(f"The type of tokenizer_options, {type(tokenizer_md)}, is unsupported")
        self._by_name = dict(zip(names, (
            ids_md or TensorMd("ids", "Tokenized ids of the input text."),
            mask_md or TensorMd("mask", "Mask with 1 for real tokens and 0 for padding tokens."),
            segment_ids_md or TensorMd("segment_ids", "0 for the first sequence, 1 for the second "
                                       "sequence if exists."))))
        self._tokenizer_md = tokenizer_md

    def create_input_tensor_metadata(self) -> List[Any]:
        """Returns a TensorMetadataT per input, in the model's order."""
        return [self._by_name[name].create_metadata() for name in self._ordered_names]

    #: The name that tflite_support has for it.
    create_input_tesnor_metadata = create_input_tensor_metadata

    def create_input_process_unit_metadata(self) -> List[Any]:
        """Returns the tokenizer in a list, which is empty where there is none."""
        return [self._tokenizer_md.create_metadata()] if self._tokenizer_md else []

    def get_tokenizer_associated_files(self) -> List[str]:
        """Returns the files of the tokenizer."""
        units = self.create_input_process_unit_metadata()
        return writer_utils.get_tokenizer_associated_files(units[0].options) if units else []
