#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the license texts of the libraries that auditwheel bundled into a wheel, with what those
texts refer to: wheel_licenses.py WHEEL.

The texts are those of Debian's and Ubuntu's packages, which the libraries come from
(/usr/share/doc/PACKAGE/copyright, /usr/share/common-licenses); a library that no package has is an
error.  Needs the package wheel."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUNDLED = re.compile(r"(lib.+?)-[0-9a-f]{8,}(\.so.*)")  # auditwheel puts a hash into the names
COMMON = re.compile(r"/usr/share/common-licenses/([\w.-]*\w)")


def output(*words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout


def package(library):
    """The package that has a file of this name."""
    for line in output("ldconfig", "-p").splitlines():
        path = os.path.realpath(line.partition(" => ")[2])
        if os.path.basename(path) != library:
            continue
        # What dpkg knows may be the path without /usr, where /lib is a link.
        for known in (path, path[len("/usr"):]):
            found = subprocess.run(["dpkg", "-S", known], check=False, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            if found:
                return found.partition(":")[0]
    sys.exit(f"wheel_licenses: no package has {library}")


def add(root):
    """Adds the texts to an unpacked wheel; returns the packages' names."""
    libraries = [name for folder in os.listdir(root) if folder.endswith(".libs")
                 for name in os.listdir(os.path.join(root, folder))]
    info = next(n for n in os.listdir(root) if n.endswith(".dist-info"))
    to = os.path.join(root, info, "licenses", "bundled")
    os.makedirs(to, exist_ok=True)
    packages = sorted({package("".join(BUNDLED.fullmatch(name).groups())) for name in libraries})
    common = set()
    for name in packages:
        with open(f"/usr/share/doc/{name}/copyright", encoding="utf-8") as f:
            text = f.read()
        common.update(COMMON.findall(text))
        with open(os.path.join(to, name), "w", encoding="utf-8") as f:
            f.write(text)
    for name in sorted(common):
        shutil.copy(f"/usr/share/common-licenses/{name}", to)
    return packages


def main():
    wheel = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, "-m", "wheel", "unpack", "-d", work, wheel], check=True,
                       stdout=subprocess.DEVNULL)
        root = os.path.join(work, os.listdir(work)[0])
        packages = add(root)
        subprocess.run([sys.executable, "-m", "wheel", "pack", "-d", os.path.dirname(wheel), root],
                       check=True, stdout=subprocess.DEVNULL)
    print(f"{wheel}: the licenses of {', '.join(packages)}")


if __name__ == "__main__":
    main()
