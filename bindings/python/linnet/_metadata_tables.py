# SPDX-License-Identifier: Apache-2.0
"""The schema of metadata as data; made by scripts/gen_python_schema.py.

A field is (name, slot, kind, what, default): kinds of numbers are as in C ("I8"), `what` is a
table, a union, or the kind of a vector's items."""

TABLES = {
    "AssociatedFile": [
        ("name", 0, "STRING", None, None),
        ("description", 1, "STRING", None, None),
        ("type", 2, "I8", None, 0),
        ("locale", 3, "STRING", None, None),
        ("version", 4, "STRING", None, None),
    ],
    "FeatureProperties": [
    ],
    "ImageSize": [
        ("width", 0, "U32", None, 0),
        ("height", 1, "U32", None, 0),
    ],
    "ImageProperties": [
        ("color_space", 0, "I8", None, 0),
        ("default_size", 1, "CHILD", "ImageSize", None),
    ],
    "AudioProperties": [
        ("sample_rate", 0, "U32", None, 0),
        ("channels", 1, "U32", None, 0),
    ],
    "BoundingBoxProperties": [
        ("index", 0, "VECTOR", "U32", 0),
        ("type", 1, "I8", None, 0),
        ("coordinate_type", 2, "I8", None, 0),
    ],
    "ValueRange": [
        ("min", 0, "I32", None, 0),
        ("max", 1, "I32", None, 0),
    ],
    "Content": [
        ("content_properties_type", 0, "U8", None, 0),
        ("content_properties", 1, "CHOICE", "ContentProperties", None),
        ("range", 2, "CHILD", "ValueRange", None),
    ],
    "NormalizationOptions": [
        ("mean", 0, "VECTOR", "F32", 0),
        ("std", 1, "VECTOR", "F32", 0),
    ],
    "ScoreCalibrationOptions": [
        ("score_transformation", 0, "I8", None, 0),
        ("default_score", 1, "F32", None, 0.0),
    ],
    "ScoreThresholdingOptions": [
        ("global_score_threshold", 0, "F32", None, 0.0),
    ],
    "BertTokenizerOptions": [
        ("vocab_file", 0, "CHILDREN", "AssociatedFile", None),
    ],
    "SentencePieceTokenizerOptions": [
        ("sentencePiece_model", 0, "CHILDREN", "AssociatedFile", None),
        ("vocab_file", 1, "CHILDREN", "AssociatedFile", None),
    ],
    "RegexTokenizerOptions": [
        ("delim_regex_pattern", 0, "STRING", None, None),
        ("vocab_file", 1, "CHILDREN", "AssociatedFile", None),
    ],
    "ProcessUnit": [
        ("options_type", 0, "U8", None, 0),
        ("options", 1, "CHOICE", "ProcessUnitOptions", None),
    ],
    "Stats": [
        ("max", 0, "VECTOR", "F32", 0),
        ("min", 1, "VECTOR", "F32", 0),
    ],
    "TensorGroup": [
        ("name", 0, "STRING", None, None),
        ("tensor_names", 1, "STRINGS", None, None),
    ],
    "TensorMetadata": [
        ("name", 0, "STRING", None, None),
        ("description", 1, "STRING", None, None),
        ("dimension_names", 2, "STRINGS", None, None),
        ("content", 3, "CHILD", "Content", None),
        ("process_units", 4, "CHILDREN", "ProcessUnit", None),
        ("stats", 5, "CHILD", "Stats", None),
        ("associated_files", 6, "CHILDREN", "AssociatedFile", None),
    ],
    "CustomMetadata": [
        ("name", 0, "STRING", None, None),
        ("data", 1, "VECTOR", "U8", 16),
    ],
    "SubGraphMetadata": [
        ("name", 0, "STRING", None, None),
        ("description", 1, "STRING", None, None),
        ("input_tensor_metadata", 2, "CHILDREN", "TensorMetadata", None),
        ("output_tensor_metadata", 3, "CHILDREN", "TensorMetadata", None),
        ("associated_files", 4, "CHILDREN", "AssociatedFile", None),
        ("input_process_units", 5, "CHILDREN", "ProcessUnit", None),
        ("output_process_units", 6, "CHILDREN", "ProcessUnit", None),
        ("input_tensor_groups", 7, "CHILDREN", "TensorGroup", None),
        ("output_tensor_groups", 8, "CHILDREN", "TensorGroup", None),
        ("custom_metadata", 9, "CHILDREN", "CustomMetadata", None),
    ],
    "ModelMetadata": [
        ("name", 0, "STRING", None, None),
        ("description", 1, "STRING", None, None),
        ("version", 2, "STRING", None, None),
        ("subgraph_metadata", 3, "CHILDREN", "SubGraphMetadata", None),
        ("author", 4, "STRING", None, None),
        ("license", 5, "STRING", None, None),
        ("associated_files", 6, "CHILDREN", "AssociatedFile", None),
        ("min_parser_version", 7, "STRING", None, None),
    ],
}

UNIONS = {
    "ContentProperties": [
        ("FeatureProperties", 1),
        ("ImageProperties", 2),
        ("BoundingBoxProperties", 3),
        ("AudioProperties", 4),
    ],
    "ProcessUnitOptions": [
        ("NormalizationOptions", 1),
        ("ScoreCalibrationOptions", 2),
        ("ScoreThresholdingOptions", 3),
        ("BertTokenizerOptions", 4),
        ("SentencePieceTokenizerOptions", 5),
        ("RegexTokenizerOptions", 6),
    ],
}

ENUMS = {
    "AssociatedFileType": [
        ("UNKNOWN", 0),
        ("DESCRIPTIONS", 1),
        ("TENSOR_AXIS_LABELS", 2),
        ("TENSOR_VALUE_LABELS", 3),
        ("TENSOR_AXIS_SCORE_CALIBRATION", 4),
        ("VOCABULARY", 5),
        ("SCANN_INDEX_FILE", 6),
    ],
    "BoundingBoxType": [
        ("UNKNOWN", 0),
        ("BOUNDARIES", 1),
        ("UPPER_LEFT", 2),
        ("CENTER", 3),
    ],
    "ColorSpaceType": [
        ("UNKNOWN", 0),
        ("RGB", 1),
        ("GRAYSCALE", 2),
    ],
    "CoordinateType": [
        ("RATIO", 0),
        ("PIXEL", 1),
    ],
    "ScoreTransformationType": [
        ("IDENTITY", 0),
        ("LOG", 1),
        ("INVERSE_LOGISTIC", 2),
    ],
}
