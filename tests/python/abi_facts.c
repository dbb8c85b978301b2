/* SPDX-License-Identifier: Apache-2.0 */
/* abi_facts.c: prints the layouts and numbers of a Python.h that the bindings depend on;
 * test_abi.py compares those of the bindings' own (stable_abi/Python.h) with those of Python's.
 * With PYTHON_OWN the bindings' declarations come behind Python's, so that the compiler holds them
 * to these. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdio.h>

#ifdef PYTHON_OWN
#include "functions.h"
#endif

#define NUMBER(n)  printf(#n " %lld\n", (long long)(n))
#define SIZE(type) printf("sizeof " #type " %zu\n", sizeof(type))
#define PLACE(type, member) \
    printf(#type "." #member " %zu, %zu\n", offsetof(type, member), sizeof((type *)NULL)->member)

static void objects(void)
{
    SIZE(Py_ssize_t);
    SIZE(PyObject);
    PLACE(PyObject, ob_refcnt);
    PLACE(PyObject, ob_type);
    SIZE(PyGILState_STATE);
    NUMBER(PyGILState_LOCKED);
    NUMBER(PyGILState_UNLOCKED);
}

static void types(void)
{
    SIZE(PyMethodDef);
    PLACE(PyMethodDef, ml_name);
    PLACE(PyMethodDef, ml_meth);
    PLACE(PyMethodDef, ml_flags);
    PLACE(PyMethodDef, ml_doc);
    NUMBER(METH_VARARGS);
    NUMBER(METH_KEYWORDS);
    NUMBER(METH_NOARGS);
    SIZE(PyGetSetDef);
    PLACE(PyGetSetDef, name);
    PLACE(PyGetSetDef, get);
    PLACE(PyGetSetDef, set);
    PLACE(PyGetSetDef, doc);
    PLACE(PyGetSetDef, closure);
    SIZE(PyType_Slot);
    PLACE(PyType_Slot, slot);
    PLACE(PyType_Slot, pfunc);
    NUMBER(Py_tp_dealloc);
    NUMBER(Py_tp_doc);
    NUMBER(Py_tp_methods);
    NUMBER(Py_tp_new);
    NUMBER(Py_tp_getset);
    SIZE(PyType_Spec);
    PLACE(PyType_Spec, name);
    PLACE(PyType_Spec, basicsize);
    PLACE(PyType_Spec, itemsize);
    PLACE(PyType_Spec, flags);
    PLACE(PyType_Spec, slots);
    NUMBER(Py_TPFLAGS_HAVE_VERSION_TAG);
    NUMBER(Py_TPFLAGS_UNICODE_SUBCLASS);
    /* the default has it in 3.9 only */
    NUMBER(Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VERSION_TAG);
}

static void modules(void)
{
    SIZE(PyModuleDef_Base);
    PLACE(PyModuleDef_Base, m_init);
    PLACE(PyModuleDef_Base, m_index);
    PLACE(PyModuleDef_Base, m_copy);
    SIZE(PyModuleDef);
    PLACE(PyModuleDef, m_base);
    PLACE(PyModuleDef, m_name);
    PLACE(PyModuleDef, m_doc);
    PLACE(PyModuleDef, m_size);
    PLACE(PyModuleDef, m_methods);
    PLACE(PyModuleDef, m_slots);
    PLACE(PyModuleDef, m_traverse);
    PLACE(PyModuleDef, m_clear);
    PLACE(PyModuleDef, m_free);
    NUMBER(PYTHON_ABI_VERSION);
}

int main(void)
{
    objects();
    types();
    modules();
    return 0;
}
