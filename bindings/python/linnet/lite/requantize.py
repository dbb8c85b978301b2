# SPDX-License-Identifier: Apache-2.0
"""Models that are quantized already: other types of inputs and outputs, or back to floats."""
import numpy

from linnet.lite.converter import _TYPES, ConverterError, _module, _type_name

_FLOAT, _IO = 6, 7  # the numbers of ln_quant_mode (linnet/quantize.h)


def _quantize(model, mode, input_type=0, output_type=0):
    try:
        return _module().quantize(model=model, mode=mode, strict=False, per_tensor=False,
                                  samples=None, input_type=input_type, output_type=output_type)
    except RuntimeError as error:
        raise ConverterError(str(error)) from None


def modify_model_io_type(model, inference_input_type=numpy.float32,
                         inference_output_type=numpy.float32):
    """The bytes of an integer model whose inputs and outputs have other types."""
    kinds = [_TYPES[_type_name(kind)] or 1  # kTfLiteFloat32
             for kind in (inference_input_type, inference_output_type)]
    return _quantize(model, _IO, *kinds)


def dequantize_model(model):
    """The bytes of a quantized model with floats throughout."""
    return _quantize(model, _FLOAT)
