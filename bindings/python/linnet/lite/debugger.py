# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's `tf.lite.experimental.QuantizationDebugger`: how far the integers of each operator
are from its floats.  It runs models with NumericVerify operators: ours, made by a converter, or
TensorFlow's."""
import csv

import numpy

from linnet.interpreter import Interpreter
from linnet.lite.converter import _TYPES, ConverterError, _module

_VERIFY = "NumericVerify"
_LAYER_METRICS = {
    "num_elements": lambda diffs: diffs.size,
    "stddev": numpy.std,
    "mean_error": numpy.average,
    "max_abs_error": lambda diffs: numpy.max(numpy.abs(diffs)),
    "mean_squared_error": lambda diffs: numpy.average(diffs**2),
}


class QuantizationDebugOptions:
    """What to measure, and what to leave in float.

    `layer_debug_metrics` are functions of the differences of one operator, `model_debug_metrics` of
    the outputs of the float and the quantized model, `layer_direct_compare_metrics` of (floats,
    integers, scale, zero point) of one operator; all by name."""

    def __init__(self, layer_debug_metrics=None, model_debug_metrics=None,
                 layer_direct_compare_metrics=None, denylisted_ops=None, denylisted_nodes=None,
                 fully_quantize=False):
        names = [name for metrics in (layer_debug_metrics, model_debug_metrics,
                                      layer_direct_compare_metrics) for name in metrics or ()]
        if len(names) != len(set(names)):
            raise ValueError("Provided metrics have duplicate keys.")
        self.layer_debug_metrics = layer_debug_metrics
        self.model_debug_metrics = model_debug_metrics
        self.layer_direct_compare_metrics = layer_direct_compare_metrics
        self.denylisted_ops = denylisted_ops
        self.denylisted_nodes = denylisted_nodes
        self.fully_quantize = fully_quantize


class QuantizationDebugger:
    """Runs a model with NumericVerify operators on `debug_dataset`; `layer_statistics` and
    `model_statistics` have the means over its samples after `run`."""

    def __init__(self, quant_debug_model_path=None, quant_debug_model_content=None,
                 float_model_path=None, float_model_content=None, debug_dataset=None,
                 debug_options=None, converter=None):
        self._data_gen = debug_dataset
        self._debug_options = debug_options or QuantizationDebugOptions()
        self.converter = converter
        self.float_model = None
        self.quant_model = None
        self._float_interpreter = None
        if converter is not None:
            if not converter.optimizations:
                raise ValueError(
                    "converter object must set optimizations to lite.Optimize.DEFAULT")
            if not converter.representative_dataset:
                raise ValueError("converter object must set representative_dataset")
            self.float_model = converter._convert(_module())
            self._make_from_converter()
            return
        self._quant_interpreter = Interpreter(
            quant_debug_model_path, quant_debug_model_content,
            experimental_preserve_all_tensors=True)
        if self._debug_options.model_debug_metrics:
            self._float_interpreter = Interpreter(float_model_path, float_model_content)
        self._find_verified()

    @property
    def options(self):
        return self._debug_options

    @options.setter
    def options(self, options):
        self._debug_options = options
        if self.converter is not None:
            self._make_from_converter()

    def _quantized(self, debug):
        if self.converter is None:
            raise ValueError("No converter found, use this function with the converter option in "
                             "the constructor.")
        options = self._debug_options
        kept = list(options.denylisted_ops or ()) + list(options.denylisted_nodes or ())
        try:
            return _module().quantize(
                model=self.float_model, mode=self.converter._mode()[0],
                strict=options.fully_quantize, keep_float=kept, verify=int(debug),
                per_tensor=bool(self.converter._experimental_disable_per_channel),
                samples=self.converter._samples(self.float_model),
                input_type=_TYPES["int8" if options.fully_quantize else "float32"],
                output_type=_TYPES["int8" if options.fully_quantize else "float32"])
        except RuntimeError as error:
            raise ConverterError(str(error)) from None

    def get_nondebug_quantized_model(self):
        """The bytes of the quantized model, without NumericVerify."""
        return self._quantized(False)

    def get_debug_quantized_model(self):
        """The bytes of the quantized model with NumericVerify."""
        return self._quantized(True)

    def _make_from_converter(self):
        self.quant_model = self._quantized(True)
        self._quant_interpreter = Interpreter(model_content=self.quant_model,
                                              experimental_preserve_all_tensors=True)
        if self._debug_options.model_debug_metrics:
            self._float_interpreter = Interpreter(model_content=self.float_model)
        self._find_verified()

    def _find_verified(self):
        """The NumericVerify operators: (name of the output, its details, operator)."""
        quantized = self._quant_interpreter
        operators = quantized._get_ops_details()
        self._makers = {int(output): operator["op_name"] for operator in operators
                        for output in operator["outputs"]}
        self._verified = []
        for operator in operators:
            if operator["op_name"] == _VERIFY:
                details = quantized._get_tensor_details(int(operator["outputs"][0]), 0)
                self._verified.append((details["name"], details, operator))
        if not self._verified:
            raise ValueError("Please check if the quantized model is in debug mode")
        self._metrics = dict(_LAYER_METRICS, **(self._debug_options.layer_debug_metrics or {}))
        self.layer_statistics = None
        self.model_statistics = None

    def run(self):
        """Runs the models on the data and sets `layer_statistics` and `model_statistics`."""
        layers, outputs = {}, {}
        first = True
        for sample in self._data_gen():
            self._invoke(self._quant_interpreter, sample, first)
            self._add_layers(layers)
            if self._debug_options.model_debug_metrics:
                self._invoke(self._float_interpreter, sample, first)
                self._add_outputs(outputs)
            first = False
        self.layer_statistics = {
            name: {metric: numpy.nanmean(values) for metric, values in metrics.items()}
            for name, metrics in layers.items()}
        if self._debug_options.model_debug_metrics:
            self.model_statistics = {name: numpy.mean(values) for name, values in outputs.items()}

    def _add_layers(self, layers):
        quantized = self._quant_interpreter
        for name, details, operator in self._verified:
            to = layers.setdefault(name, {})
            diffs = quantized.get_tensor(details["index"])
            for metric, function in self._metrics.items():
                to.setdefault(metric, []).append(function(diffs))
            q, f = (int(tensor) for tensor in operator["inputs"])
            scale, zero_point = self._scale_of(q)
            for metric, function in (
                    self._debug_options.layer_direct_compare_metrics or {}).items():
                to.setdefault(metric, []).append(function(
                    quantized.get_tensor(f), quantized.get_tensor(q), scale, zero_point))

    def _add_outputs(self, outputs):
        pairs = [_outputs(self._float_interpreter), _outputs(self._quant_interpreter)]
        for metric, function in self._debug_options.model_debug_metrics.items():
            outputs.setdefault(metric, []).append(function(*pairs))

    def _scale_of(self, tensor):
        details = self._quant_interpreter._get_tensor_details(tensor, 0)
        parameters = details["quantization_parameters"]
        return parameters["scales"][0], parameters["zero_points"][0]

    @staticmethod
    def _invoke(interpreter, sample, first):
        details = interpreter.get_input_details()
        if len(details) != len(sample):
            raise ValueError(f"Number of inputs provided ({len(sample)}) does not match number of "
                             f"inputs to the model ({len(details)})")
        sample = [numpy.asarray(value) for value in sample]
        if first:
            for detail, value in zip(details, sample):
                interpreter.resize_tensor_input(detail["index"], value.shape)
            interpreter.allocate_tensors()
        for detail, value in zip(details, sample):
            scales = detail["quantization_parameters"]["scales"]
            if value.dtype == numpy.float32 and detail["dtype"] != numpy.float32 and len(scales):
                limits = numpy.iinfo(detail["dtype"])
                zero = detail["quantization_parameters"]["zero_points"][0]
                value = numpy.clip(numpy.round(value / scales[0] + zero), limits.min, limits.max)
            interpreter.set_tensor(detail["index"], value.astype(detail["dtype"]))
        interpreter.invoke()

    def layer_statistics_dump(self, file):
        """Writes `layer_statistics` as CSV."""
        fields = ["op_name", "tensor_idx", *self._metrics,
                  *(self._debug_options.layer_direct_compare_metrics or {}),
                  "scale", "zero_point", "tensor_name"]
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        for name, _, operator in self._verified if self.layer_statistics else ():
            tensor = int(operator["inputs"][0])
            scale, zero_point = self._scale_of(tensor)
            writer.writerow(dict(
                self.layer_statistics[name], op_name=self._makers.get(tensor, ""),
                tensor_idx=tensor, scale=scale, zero_point=zero_point,
                tensor_name=name.rsplit(":", 1)[0][len(_VERIFY) + 1:]))


def _outputs(interpreter):
    """All outputs, in real numbers where they are integers with a scale."""
    values = []
    for detail in interpreter.get_output_details():
        value = interpreter.get_tensor(detail["index"])
        parameters = detail["quantization_parameters"]
        if value.dtype == numpy.int8 and len(parameters["scales"]):
            value = ((value.astype(numpy.float32) - parameters["zero_points"][0])
                     * parameters["scales"][0]).astype(numpy.float32)
        values.append(value)
    return values
