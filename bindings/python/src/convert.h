/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: what the files of linnet._convert share. */
#ifndef CONVERT_H
#define CONVERT_H

#include <Python.h>

PyObject *convert_quantize(PyObject *self, PyObject *args, PyObject *named);

#endif
