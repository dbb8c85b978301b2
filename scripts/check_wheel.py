#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds wheels to their names: every shared object in one must be for the processor that the tag
names, need no newer glibc than it promises, and no library that a manylinux system may lack.  The
module must use Python's stable ABI and export Python's entry point and the C API.  Needs
pyelftools."""
import io
import re
import sys
import zipfile

from elftools.elf.elffile import ELFFile

# https://peps.python.org/pep-0600/ and auditwheel's policy: what every glibc system has.
LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
             "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}
NAME = re.compile(r"-cp(\d)(\d+)-abi3-.*manylinux_(\d+)_(\d+)_(\w+)\.whl$")


def needed(elf):
    return [t.needed for t in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")]


def newest_glibc(elf):
    """The newest version of glibc that symbols ask for."""
    newest = (0, 0)
    section = elf.get_section_by_name(".gnu.version_r")
    for _, versions in section.iter_versions() if section else ():
        for version in versions:
            match = re.match(r"GLIBC_(\d+)\.(\d+)", version.name)
            if match:
                newest = max(newest, tuple(map(int, match.groups())))
    return newest


def symbols(elf, defined):
    return {s.name for s in elf.get_section_by_name(".dynsym").iter_symbols()
            if (s["st_shndx"] != "SHN_UNDEF") == defined}


def offences(path):
    match = NAME.search(path)
    if not match:
        yield "the name is not that of an abi3 wheel for manylinux"
        return
    promised = (int(match.group(3)), int(match.group(4)))
    machine = MACHINES[match.group(5)]
    with zipfile.ZipFile(path) as wheel:
        objects = [n for n in wheel.namelist() if wheel.read(n)[:4] == b"\x7fELF"]
        if "linnet/_core.abi3.so" not in objects:
            yield "there is no linnet/_core.abi3.so"
        for name in objects:
            elf = ELFFile(io.BytesIO(wheel.read(name)))
            if elf["e_machine"] != machine:
                yield f"{name} is for {elf['e_machine']}"
            if newest_glibc(elf) > promised:
                yield f"{name} needs glibc {newest_glibc(elf)}, the tag says {promised}"
            for library in sorted(set(needed(elf)) - LIBRARIES):
                yield f"{name} needs {library}"
            print(f"{path}: {name}: glibc {'.'.join(map(str, newest_glibc(elf)))}, "
                  f"{', '.join(needed(elf))}")
            if name.endswith("_core.abi3.so"):
                for wanted in {"PyInit__core", "TfLiteModelCreate"} - symbols(elf, True):
                    yield f"{name} does not export {wanted}"


def main():
    found = [f"{path}: {text}" for path in sys.argv[1:] for text in offences(path)]
    print("\n".join(found), end="\n" if found else "")
    print(f"check_wheel: {len(found)} offences")
    return 1 if found or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
