# SPDX-License-Identifier: Apache-2.0
"""As much of FlatBuffers as metadata needs, so that the package `flatbuffers` need not be there.

`Builder` has the methods of flatbuffers.Builder that metadata_schema_py_generated's Pack calls,
under the same names; scripts may give Pack either one.  `Table` reads."""
import struct


class Builder:
    """Writes from the end to the front; an offset is a distance from the end."""

    def __init__(self, initialSize=0):
        del initialSize
        self._bytes = bytearray()  # reversed: the last byte of the buffer comes first
        self._align = 1
        self._slots = []
        self._vtables = {}
        self._count = 0
        self._start = 0

    def Offset(self):
        return len(self._bytes)

    def _pad(self, align, behind=0):
        """Zeros, so that what comes after `behind` more bytes is aligned."""
        self._align = max(self._align, align)
        self._bytes.extend(bytes(-(len(self._bytes) + behind) % align))

    def _put(self, kind, value):
        self._bytes.extend(struct.pack(kind, value)[::-1])

    def _number(self, kind, value):
        self._pad(struct.calcsize(kind))
        self._put(kind, value)

    def _slot(self, slot, kind, value, default):
        if value != default:
            self._number(kind, value)
            self._slots[slot] = len(self._bytes)

    def PrependInt8(self, x):
        self._number("<b", x)

    def PrependUint8(self, x):
        self._number("<B", x)

    def PrependInt32(self, x):
        self._number("<i", x)

    def PrependUint32(self, x):
        self._number("<I", x)

    def PrependFloat32(self, x):
        self._number("<f", x)

    def PrependInt8Slot(self, slot, x, default):
        self._slot(slot, "<b", x, default)

    def PrependUint8Slot(self, slot, x, default):
        self._slot(slot, "<B", x, default)

    def PrependInt32Slot(self, slot, x, default):
        self._slot(slot, "<i", x, default)

    def PrependUint32Slot(self, slot, x, default):
        self._slot(slot, "<I", x, default)

    def PrependFloat32Slot(self, slot, x, default):
        self._slot(slot, "<f", x, default)

    def PrependUOffsetTRelative(self, offset):
        self._pad(4)
        self._put("<I", len(self._bytes) + 4 - offset)

    def PrependUOffsetTRelativeSlot(self, slot, offset, default):
        if offset != default:
            self.PrependUOffsetTRelative(offset)
            self._slots[slot] = len(self._bytes)

    def StartVector(self, size, count, align):
        self._count = count
        self._pad(4, size * count)
        self._pad(align, size * count)

    def EndVector(self):
        self._put("<I", self._count)
        return len(self._bytes)

    def CreateString(self, text):
        data = text.encode("utf-8") if isinstance(text, str) else bytes(text)
        self._pad(4, len(data) + 1)
        self._bytes.append(0)
        self._bytes.extend(data[::-1])
        self._put("<I", len(data))
        return len(self._bytes)

    def StartObject(self, slots):
        self._slots = [0] * slots
        self._start = len(self._bytes)

    def EndObject(self):
        self._number("<i", 0)
        table = len(self._bytes)
        while self._slots and not self._slots[-1]:
            self._slots.pop()
        layout = (table - self._start, *(table - at if at else 0 for at in self._slots))
        if layout not in self._vtables:  # equal tables share theirs, as in flatbuffers.Builder
            for number in reversed(layout):
                self._put("<H", number)
            self._put("<H", 4 + 2 * len(self._slots))
            self._vtables[layout] = len(self._bytes)
        self._bytes[table - 4:table] = struct.pack("<i", self._vtables[layout] - table)[::-1]
        return table

    def Finish(self, root, file_identifier):
        self._pad(max(self._align, 4), 4 + len(file_identifier))
        self._bytes.extend(bytes(file_identifier)[::-1])
        self._put("<I", len(self._bytes) + 4 - root)

    def Output(self):
        return bytearray(self._bytes[::-1])


class Table:
    """A table at a place in a buffer."""

    def __init__(self, buf, pos):
        self.buf, self.pos = buf, pos

    def get(self, kind, at):
        return struct.unpack_from(kind, self.buf, at)[0]

    def field(self, slot):
        """Where a field lies, 0 where it is absent."""
        vtable = self.pos - self.get("<i", self.pos)
        if 4 + 2 * slot >= self.get("<H", vtable):
            return 0
        offset = self.get("<H", vtable + 4 + 2 * slot)
        return self.pos + offset if offset else 0

    def follow(self, at):
        return at + self.get("<I", at)

    def string(self, at):
        """The bytes of the string that `at` refers to."""
        start = self.follow(at)
        return bytes(self.buf[start + 4:start + 4 + self.get("<I", start)])

    def vector(self, at):
        """Where the items begin, and how many there are."""
        start = self.follow(at)
        return start + 4, self.get("<I", start)
