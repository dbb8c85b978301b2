# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's `tf.lite.TFLiteConverter` on Linnet's converter, which needs no TensorFlow.

>>> converter = linnet.lite.TFLiteConverter.from_saved_model("folder")   # doctest: +SKIP
>>> open("model.tflite", "wb").write(converter.convert())               # doctest: +SKIP
"""
import enum
import os
import tempfile

import numpy

from linnet.lite.importers import wrapped


class OpsSet(enum.Enum):
    """Which operators a converted model may have; the names are TensorFlow's."""

    TFLITE_BUILTINS = "TFLITE_BUILTINS"
    SELECT_TF_OPS = "SELECT_TF_OPS"
    TFLITE_BUILTINS_INT8 = "TFLITE_BUILTINS_INT8"
    EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 = (
        "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8")
    EXPERIMENTAL_STABLEHLO_OPS = "EXPERIMENTAL_STABLEHLO_OPS"  # refused by convert()

    def __str__(self):
        return self.value

    @staticmethod
    def get_options():
        return [str(option) for option in OpsSet]


class Optimize(enum.Enum):
    """What to optimize for: any of them asks for quantization."""

    DEFAULT = "DEFAULT"
    OPTIMIZE_FOR_SIZE = "OPTIMIZE_FOR_SIZE"
    OPTIMIZE_FOR_LATENCY = "OPTIMIZE_FOR_LATENCY"
    EXPERIMENTAL_SPARSITY = "EXPERIMENTAL_SPARSITY"

    def __str__(self):
        return self.value


class RepresentativeDataset:
    """Holds a generator function that yields inputs for calibration."""

    def __init__(self, input_gen):
        self.input_gen = input_gen


class TargetSpec:
    """What the model is to run on."""

    def __init__(self, supported_ops=None, supported_types=None,
                 experimental_select_user_tf_ops=None, experimental_supported_backends=None):
        self.supported_ops = supported_ops or {OpsSet.TFLITE_BUILTINS}
        self.supported_types = supported_types or set()
        self.experimental_select_user_tf_ops = experimental_select_user_tf_ops or set()
        self.experimental_supported_backends = experimental_supported_backends
        self._experimental_custom_op_registerers = []
        self._experimental_supported_accumulation_type = None


class ConverterError(Exception):
    """A model cannot be converted; the text says all that is missing."""


# The numbers of ln_source_format (linnet/convert.h).
_SAVED_MODEL, _GRAPH_DEF, _KERAS, _ONNX, _TFLITE = range(1, 6)
# The numbers of ln_quant_mode (linnet/quantize.h), and of TfLiteType.
_DYNAMIC, _FLOAT16, _BFLOAT16, _INT8, _INT16X8 = 0, 2, 3, 4, 5
_TYPES = {"float32": 0, "uint8": 3, "int16": 7, "int8": 9}
_QUANTIZING = {Optimize.DEFAULT, Optimize.OPTIMIZE_FOR_SIZE, Optimize.OPTIMIZE_FOR_LATENCY}

# TensorFlow's attributes that change nothing here, with the values that they have at first: they
# say how TensorFlow's converter works inside, or ask for what this one does anyway, or for what
# does not change results.
_WITHOUT_EFFECT = {
    "canonicalizing_inf_as_min_max_float": True,
    "elide_elementsattrs_if_larger": None,
    "enable_timing": None,
    "exclude_conversion_metadata": False,  # there is none: min_runtime_version only
    "experimental_enable_resource_variables": True,
    "experimental_new_converter": True,
    "experimental_new_dynamic_range_quantizer": True,
    "experimental_new_quantizer": True,
    "ir_dump_dir": None,
    "ir_dump_func_regex": None,
    "ir_dump_pass_regex": None,
    "legalize_custom_tensor_list_ops": False,
    "model_origin_framework": "UNSET",
    "print_ir_after": None,
    "print_ir_before": None,
    "print_ir_module_scope": None,
    "serialize_debug_metadata": False,
    "unfold_batchmatmul": False,
    "_experimental_allow_all_select_tf_ops": False,
    "_experimental_default_to_single_batch_in_tensor_list_ops": False,
    "_experimental_disable_fuse_mul_and_fc": False,
    "_experimental_enable_composite_direct_lowering": True,
    "_experimental_enable_dynamic_update_slice": False,
    "_experimental_guarantee_all_funcs_one_use": False,
    "_experimental_lower_tensor_list_ops": True,
    "_experimental_preserve_assert_op": False,
    "_experimental_sparsify_model": False,
    "_experimental_unfold_large_splat_constant": False,
    "_experimental_unsafe_fuse_dynamic_shaped_broadcast": False,
    "_experimental_use_buffer_offset": False,
}
# Attributes that would change results, and cannot be had: another value is an error.
_REFUSED = {
    "experimental_stablehlo_quantizer_config": None,
    "experimental_use_stablehlo_quantizer": False,
    "_experimental_calibrate_only": False,
    "_experimental_disable_per_channel_quantization_for_dense_layers": False,
    "_experimental_full_integer_quantization_bias_type": None,
    "_experimental_low_bit_qat": False,
    "_experimental_qdq_conversion_mode": None,
    "_experimental_quantization_options": None,
    "_experimental_reduce_type_precision": False,
    "_experimental_strict_qdq": False,
    "_experimental_tf_quantization_mode": None,
    "_experimental_variable_quantization": False,
}


def _type_name(kind):
    """The name of a type of NumPy, or of TensorFlow, which has more of them."""
    return getattr(kind, "name", None) or numpy.dtype(kind).name


_WRONG_SAMPLE = (
    "You need to provide either a dictionary with input names and values, a tuple with signature "
    "key and a dictionary with input names and values, or an array with input values in the order "
    "of input tensors of the graph in the representative_dataset function. Unsupported value from "
    "dataset: {}.")


def _module():
    try:
        from linnet import _convert
    except ImportError as error:
        raise ImportError(
            "This build of linnet has no converter: it needs protobuf-c, zlib, libzip and cJSON "
            "when the package is built (docs/building.md). The command `linnet convert` of a full "
            f"build does the same. ({error})") from error
    return _convert


class TFLiteConverter:
    """Makes a .tflite model; use one of the `from_` functions to begin.

    `findings` has, after `convert`, a tuple (operator, layer, fate, cure) per operator of the
    source; `shapes` maps names of inputs to shapes, -1 where a dimension is open; `rules` is a text
    of replacements (docs/converting.md); `importers` has functions that translate operators of the
    source, by their names (linnet.lite.importers); `fuse_lstm` makes one operator of each LSTM,
    which keeps its state until the variables are reset (docs/converting.md)."""

    def __init__(self, path, source_format, signatures=(), tag=None, inputs=(), outputs=()):
        self._path = os.fspath(path)
        self._format = source_format
        self._signatures = list(signatures or ())
        self._tag = tag
        self._inputs, self._outputs = list(inputs), list(outputs)
        self._folder = None  # of a model that was saved for this
        self.optimizations = set()
        self.representative_dataset = None
        self.target_spec = TargetSpec()
        self.inference_input_type = numpy.float32
        self.inference_output_type = numpy.float32
        self.allow_custom_ops = False
        self._experimental_disable_per_channel = False
        self.__dict__.update(_WITHOUT_EFFECT)
        self.__dict__.update(_REFUSED)
        self.shapes = {}
        self.rules = None
        self.fuse_lstm = False
        self.importers = {}
        self.findings = []

    @classmethod
    def from_saved_model(cls, saved_model_dir, signature_keys=None, tags=None):
        """A SavedModel's folder; all signatures unless some are named."""
        tags = sorted(tags or ["serve"])
        if len(tags) != 1:
            raise ValueError(f"tags are {tags}: one is supported")
        if not os.path.isfile(os.path.join(saved_model_dir, "saved_model.pb")):
            raise OSError(f"{os.fspath(saved_model_dir)} is no SavedModel: it has no "
                          "saved_model.pb")
        return cls(saved_model_dir, _SAVED_MODEL, signature_keys, tags[0])

    @classmethod
    def from_keras_file(cls, path):
        """A .keras or .h5 file."""
        return cls(path, _KERAS)

    @classmethod
    def from_keras_model(cls, model):
        """A Keras model; it is saved to a temporary file."""
        folder = tempfile.TemporaryDirectory(prefix="linnet-")
        path = os.path.join(folder.name, "model.keras")
        model.save(path)
        self = cls(path, _KERAS)
        self._folder = folder
        return self

    @classmethod
    def from_concrete_functions(cls, funcs, trackable_obj=None):
        """Concrete functions of TensorFlow; they are saved to a temporary SavedModel."""
        import tensorflow as tf
        if not funcs:
            raise ValueError("No ConcreteFunction is specified.")
        if not all(hasattr(func, "graph") for func in funcs):
            raise ValueError("This function takes in a list of ConcreteFunction. To get the "
                             "ConcreteFunction from a Function, call get_concrete_function.")
        folder = tempfile.TemporaryDirectory(prefix="linnet-")
        names = [func.graph.name for func in funcs] if len(funcs) > 1 else ["serving_default"]
        keeper = tf.Module()  # trackable_obj may be a function, which keeps no variables
        keeper.own = trackable_obj
        keeper.kept = [list(func.graph.variables) for func in funcs]
        tf.saved_model.save(keeper, folder.name, signatures=dict(zip(names, funcs)))
        self = cls(folder.name, _SAVED_MODEL, tag="serve")
        self._folder = folder
        return self

    @classmethod
    def from_onnx(cls, path):
        """An ONNX file."""
        return cls(path, _ONNX)

    @classmethod
    def from_tflite(cls, path):
        """A .tflite file, to be optimized."""
        return cls(path, _TFLITE)

    @classmethod
    def from_frozen_graph(cls, graph_def_file, input_arrays, output_arrays, input_shapes=None):
        """A frozen GraphDef of TensorFlow 1."""
        self = cls(graph_def_file, _GRAPH_DEF, inputs=input_arrays, outputs=output_arrays)
        self.shapes = {name: [-1 if d is None else d for d in shape]
                       for name, shape in (input_shapes or {}).items()}
        return self

    def _samples(self, model):
        """The samples of the representative dataset: (signature or None, a list of (name, shape,
        bytes) per input) each."""
        from linnet.interpreter import Interpreter
        inputs = Interpreter(model_content=model)
        details = inputs.get_input_details()
        dataset = self.representative_dataset
        names, signatures = {}, inputs.get_signature_list()
        for key in list(signatures)[:1]:
            runner = inputs.get_signature_runner(key)
            names = {detail["index"]: name for name, detail in runner.get_input_details().items()}
        for sample in getattr(dataset, "input_gen", dataset)():
            key = None
            if isinstance(sample, tuple):
                if len(sample) != 2 or not isinstance(sample[1], dict):
                    raise ValueError("You need to provide either a dictionary with input names and "
                                     "values in the second argument in the tuple")
                key, values = sample
                arrays = [(name, values[name], detail) for name, detail in
                          inputs.get_signature_runner(key).get_input_details().items()]
            elif isinstance(sample, dict):
                arrays = [("", sample[names.get(detail["index"], detail["name"])], detail)
                          for detail in details]
            elif isinstance(sample, list):
                if len(sample) != len(details):
                    raise ValueError(f"a sample has {len(sample)} values, not one array per input "
                                     f"of the model ({len(details)})")
                arrays = [("", value, detail) for value, detail in zip(sample, details)]
            else:
                raise ValueError(_WRONG_SAMPLE.format(sample))
            arrays = [(name, numpy.ascontiguousarray(value, dtype=(
                "float32" if detail["quantization"][0] else detail["dtype"]))
                       .reshape(numpy.shape(value))) for name, value, detail in arrays]
            yield key, [(name, array.shape, array.tobytes()) for name, array in arrays]

    def _mode(self):
        """The number of ln_quant_mode, and whether an operator may stay float; None: no wish."""
        ops = [str(ops) for ops in self.target_spec.supported_ops]
        types = [_type_name(kind) for kind in self.target_spec.supported_types]
        if not _QUANTIZING.intersection(self.optimizations):
            return None, False
        int8 = OpsSet.TFLITE_BUILTINS_INT8.value
        if set(ops) == {int8} and set(types) - {"int8"}:
            raise ValueError(
                "As full integer quantization has been enabled by setting "
                "`target_spec.supported_ops`={tf.lite.OpsSet.TFLITE_BUILTINS_INT8}, thus "
                "`target_spec.supported_types` should be left uninitizalized or set to {tf.int8}.")
        for name, mode in (("float16", _FLOAT16), ("bfloat16", _BFLOAT16)):
            if name in types and "int8" not in types:
                return mode, False
        only_int8 = types == ["int8"]
        if self.representative_dataset is None and not self._is_trained():
            if only_int8 or int8 in ops:
                raise ValueError("For full integer quantization, a `representative_dataset` must "
                                 "be specified.")
            return _DYNAMIC, False
        strict = only_int8 or not {OpsSet.TFLITE_BUILTINS.value,
                                   OpsSet.SELECT_TF_OPS.value}.intersection(ops)
        return (_INT16X8 if any("INT16" in name for name in ops) else _INT8), strict

    def _is_trained(self):
        """Whether the model was trained with quantization: then it has ranges of its own."""
        trained = ("FakeQuant", "QuantizeAndDequantize", "FAKE_QUANT")
        return any(finding[0].startswith(trained) for finding in self.findings)

    def _quantize(self, module, model, keep_float=(), verify=0):
        mode, strict = self._mode()
        names = [_type_name(kind or numpy.float32)
                 for kind in (self.inference_input_type, self.inference_output_type)]
        if mode not in (_INT8, _INT16X8) and names != ["float32", "float32"]:
            raise ValueError("The inference_input_type and inference_output_type must be "
                             "tf.float32.")
        allowed = ["float32", "int16"] if mode == _INT16X8 else list(_TYPES)
        if not set(names) <= set(allowed):
            raise ValueError("The inference_input_type and inference_output_type must be in "
                             f"{['tf.' + name for name in allowed]}.")
        if mode is None:
            return model
        return module.quantize(
            model=model, mode=mode, strict=strict, per_tensor=bool(
                self._experimental_disable_per_channel),
            samples=self._samples(model) if self.representative_dataset is not None
            and mode in (_INT8, _INT16X8) else None,
            input_type=_TYPES[names[0]], output_type=_TYPES[names[1]],
            keep_float=list(keep_float), verify=verify)

    def _check_attributes(self):
        """Says what is asked for and cannot be had."""
        for name, value in _REFUSED.items():
            if getattr(self, name) != value:
                raise ConverterError(f"{name} is not supported: leave it at {value}")
        if self.target_spec.experimental_supported_backends:
            raise ConverterError("experimental_supported_backends is not supported")
        if OpsSet.EXPERIMENTAL_STABLEHLO_OPS in self.target_spec.supported_ops:
            raise ConverterError("EXPERIMENTAL_STABLEHLO_OPS is not supported")

    def convert(self):
        """Returns the model's bytes."""
        module = _module()
        model = self._convert(module)
        try:
            return self._quantize(module, model)
        except RuntimeError as error:
            raise ConverterError(str(error)) from None

    def _convert(self, module):
        """The model before it is quantized."""
        self._check_attributes()
        ops = [str(ops) for ops in self.target_spec.supported_ops]
        try:
            model, self.findings, _, _, _ = module.convert(
                path=self._path, format=self._format, signatures=self._signatures, tag=self._tag,
                inputs=self._inputs, outputs=self._outputs,
                shapes={name: list(shape) for name, shape in self.shapes.items()},
                select_tf_ops=OpsSet.SELECT_TF_OPS.value in ops,
                allow_custom_ops=bool(self.allow_custom_ops), rules=self.rules,
                user_tf_ops=list(self.target_spec.experimental_select_user_tf_ops),
                importers={name: wrapped(function)
                           for name, function in self.importers.items()},
                strip_names=False, no_optimization=False, fuse_lstm=bool(self.fuse_lstm))
            return model
        except RuntimeError as error:
            raise ConverterError(str(error)) from None
