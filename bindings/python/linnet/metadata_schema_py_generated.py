# SPDX-License-Identifier: Apache-2.0
"""Metadata as Python objects, with the names of the module that flatc makes of the schema.

    from linnet import metadata_schema_py_generated as _metadata_fb

    model_meta = _metadata_fb.ModelMetadataT()
    model_meta.name = "MobileNet image classifier"

takes the place of the same line with `tflite_support`.  For each table there are a class that reads
it out of a buffer (ModelMetadata), one that holds it (ModelMetadataT, with InitFromBuf, InitFromObj
and Pack), and functions to build it (ModelMetadataStart, ModelMetadataAddName, ModelMetadataEnd).
The classes are made of `linnet._metadata_tables`."""
import struct as _struct

import numpy as _np

from linnet import _metadata_tables as _tables
from linnet._flatbuffer import Table as _Table

_FORMATS = {"I8": "<b", "U8": "<B", "I32": "<i", "U32": "<I", "F32": "<f"}
_METHODS = {"I8": "Int8", "U8": "Uint8", "I32": "Int32", "U32": "Uint32", "F32": "Float32"}
_IDENTIFIER = b"M001"


def _camel(name):
    """dimension_names -> DimensionNames"""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _attribute(name):
    """dimension_names -> dimensionNames"""
    return name[:1].lower() + _camel(name)[1:]


def _size(kind):
    return _struct.calcsize(_FORMATS[kind])


# ---- reading ----


def _at(self, slot):
    return self._tab.field(slot)


def _child(self, table, pos):
    item = globals()[table]()
    item.Init(self._tab.buf, pos)
    return item


def _scalar_reader(slot, kind, default):
    def read(self):
        at = _at(self, slot)
        return self._tab.get(_FORMATS[kind], at) if at else default
    return read


def _string_reader(slot):
    def read(self):
        at = _at(self, slot)
        return self._tab.string(at) if at else None
    return read


def _child_reader(slot, table):
    def read(self):
        at = _at(self, slot)
        return _child(self, table, self._tab.follow(at)) if at else None
    return read


def _union_reader(slot):
    def read(self):
        at = _at(self, slot)
        return _Table(self._tab.buf, self._tab.follow(at)) if at else None
    return read


def _length_reader(slot):
    def read(self):
        at = _at(self, slot)
        return self._tab.vector(at)[1] if at else 0
    return read


def _item_reader(slot, kind, what):
    size = _size(what) if kind == "VECTOR" else 4

    def read(self, j):
        at = _at(self, slot)
        start, n = self._tab.vector(at) if at else (0, 0)
        if not 0 <= j < n:
            return {"VECTOR": 0, "STRINGS": ""}.get(kind)
        at = start + j * size
        if kind == "VECTOR":
            return self._tab.get(_FORMATS[what], at)
        if kind == "STRINGS":
            return self._tab.string(at)
        return _child(self, what, self._tab.follow(at))
    return read


def _array_reader(slot, what):
    def read(self):
        at = _at(self, slot)
        if not at:
            return 0
        start, n = self._tab.vector(at)
        return _np.frombuffer(self._tab.buf, _FORMATS[what], n, start)
    return read


def _reader(name, fields):
    def init(self, buf, pos):
        self._tab = _Table(buf, pos)

    def root(cls, buf, offset=0):
        item = cls()
        item.Init(buf, offset + _struct.unpack_from("<I", buf, offset)[0])
        return item

    def has_identifier(cls, buf, offset, size_prefixed=False):
        del cls
        at = offset + (8 if size_prefixed else 4)
        return bytes(buf[at:at + 4]) == _IDENTIFIER

    methods = {"Init": init, "GetRootAs": classmethod(root), f"GetRootAs{name}": classmethod(root),
               f"{name}BufferHasIdentifier": classmethod(has_identifier)}
    for field, slot, kind, what, default in fields:
        method = _camel(field)
        if kind in _FORMATS:
            methods[method] = _scalar_reader(slot, kind, default)
        elif kind == "STRING":
            methods[method] = _string_reader(slot)
        elif kind == "CHILD":
            methods[method] = _child_reader(slot, what)
        elif kind == "CHOICE":
            methods[method] = _union_reader(slot)
        else:
            methods[method] = _item_reader(slot, kind, what)
            methods[method + "Length"] = _length_reader(slot)
            methods[method + "IsNone"] = lambda self, slot=slot: not _at(self, slot)
            if kind == "VECTOR":
                methods[method + "AsNumpy"] = _array_reader(slot, what)
    return type(name, (), {"__slots__": ["_tab"], "__doc__": f"{name} in a buffer.", **methods})


# ---- objects ----


def _unpack_field(reader, field, kind, what):
    method = _camel(field)
    read = getattr(reader, method)
    if kind in _FORMATS or kind == "STRING":
        return read()
    if kind == "CHILD":
        child = read()
        return None if child is None else globals()[what + "T"].InitFromObj(child)
    if kind == "CHOICE":
        table = dict(_members(what)).get(getattr(reader, method + "Type")())
        at = read()
        return globals()[table + "T"].InitFromBuf(at.buf, at.pos) if at and table else None
    if getattr(reader, method + "IsNone")():
        return None
    if kind == "VECTOR":
        return getattr(reader, method + "AsNumpy")()
    items = [read(j) for j in range(getattr(reader, method + "Length")())]
    return items if kind == "STRINGS" else [globals()[what + "T"].InitFromObj(i) for i in items]


def _members(union):
    """(number, table) of the members of a union."""
    return [(number, table) for table, number in _tables.UNIONS[union]]


def _end_vector(builder, count):
    """Before 2.0 the package flatbuffers wanted the count again."""
    try:
        return builder.EndVector()
    except TypeError:
        return builder.EndVector(count)


def _pack_child(builder, kind, what, value, default):
    """Writes what lies outside of the table; returns its offset."""
    if kind == "STRING":
        return builder.CreateString(value)
    if kind in ("CHILD", "CHOICE"):
        return value.Pack(builder)
    if kind == "VECTOR":
        size = _size(what)
        builder.StartVector(size, len(value), max(size, default))
        prepend = getattr(builder, "Prepend" + _METHODS[what])
        for item in reversed(value):
            prepend(float(item) if what == "F32" else int(item))
    else:
        offsets = [builder.CreateString(item) if kind == "STRINGS" else item.Pack(builder)
                   for item in value]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
    return _end_vector(builder, len(value))


def _holder(name, fields):
    def init(self, **values):
        for field, _, kind, _, default in fields:
            setattr(self, _attribute(field), default if kind in _FORMATS else None)
        for attribute, value in values.items():
            if not hasattr(self, attribute):
                raise TypeError(f"{name}T has no attribute {attribute}")
            setattr(self, attribute, value)

    def from_buffer(cls, buf, pos):
        reader = globals()[name]()
        reader.Init(buf, pos)
        return cls.InitFromObj(reader)

    def from_reader(cls, reader):
        item = cls()
        if reader is not None:
            for field, _, kind, what, _ in fields:
                setattr(item, _attribute(field), _unpack_field(reader, field, kind, what))
        return item

    def pack(self, builder):
        offsets = {}
        for field, slot, kind, what, default in fields:
            value = getattr(self, _attribute(field))
            if kind not in _FORMATS and value is not None:
                offsets[slot] = _pack_child(builder, kind, what, value, default)
        builder.StartObject(len(fields))
        for field, slot, kind, what, default in fields:
            if kind in _FORMATS:
                add = getattr(builder, f"Prepend{_METHODS[kind]}Slot")
                add(slot, getattr(self, _attribute(field)), default)
            elif slot in offsets:
                builder.PrependUOffsetTRelativeSlot(slot, offsets[slot], 0)
        return builder.EndObject()

    return type(name + "T", (), {
        "__doc__": f"{name} as an object.", "__init__": init,
        "InitFromBuf": classmethod(from_buffer), "InitFromObj": classmethod(from_reader),
        "Pack": pack})


# ---- building by hand ----


def _adder(slot, kind, default):
    if kind in _FORMATS:
        return lambda builder, value: getattr(builder, f"Prepend{_METHODS[kind]}Slot")(
            slot, value, default)
    return lambda builder, offset: builder.PrependUOffsetTRelativeSlot(slot, offset, 0)


def _starter(kind, what, default):
    size = _size(what) if kind == "VECTOR" else 4
    align = max(size, default or 0)
    return lambda builder, count: builder.StartVector(size, count, align)


def _builders(name, fields):
    made = {f"{name}Start": lambda builder: builder.StartObject(len(fields)),
            f"{name}End": lambda builder: builder.EndObject()}
    for field, slot, kind, what, default in fields:
        made[f"{name}Add{_camel(field)}"] = _adder(slot, kind, default)
        if kind in ("VECTOR", "STRINGS", "CHILDREN"):
            made[f"{name}Start{_camel(field)}Vector"] = _starter(kind, what, default)
    return made


def _all():
    made = {}
    for name, values in _tables.ENUMS.items():
        made[name] = type(name, (), {"__doc__": f"The values of {name}.", **dict(values)})
    for name, values in _tables.UNIONS.items():
        made[name] = type(name, (), {"__doc__": f"What {name} can be.", "NONE": 0, **dict(values)})
    for name, fields in _tables.TABLES.items():
        made[name] = _reader(name, fields)
        made[name + "T"] = _holder(name, fields)
        made.update(_builders(name, fields))
    for item in made.values():
        item.__module__ = __name__
    return made


globals().update(_all())
