# SPDX-License-Identifier: Apache-2.0
"""`python -m linnet ...` and the script `linnet`: the command of that name.

The package has it where the command's libraries were there when the package was built. Elsewhere
the one that LINNET_COMMAND names is run, or the next one in PATH."""
import os
import shutil
import sys
from typing import List, NoReturn, Optional

HERE = os.path.dirname(os.path.abspath(__file__))

MISSING = """linnet: this build of the Python package is without the command.
Build it from the source (make; it needs libzip, cJSON, libpng and libjpeg), then put it in PATH,
or name it with LINNET_COMMAND.  The package itself works without: import linnet."""


def _is_script(path: str) -> bool:
    """The file is this very script, as pip installs it, and not a program."""
    with open(path, "rb") as f:
        return f.read(2) == b"#!"


def find_command() -> Optional[str]:
    """The program to run, or None."""
    chosen = os.environ.get("LINNET_COMMAND")
    if chosen:
        return chosen
    packaged = os.path.join(HERE, "bin", "linnet")
    if os.access(packaged, os.X_OK):
        return packaged
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("linnet", path=folder)
        if found and not _is_script(found):
            return found
    return None


def main(arguments: Optional[List[str]] = None) -> NoReturn:
    """Becomes the command."""
    command = find_command()
    if command is None:
        sys.exit(MISSING)
    if arguments is None:
        arguments = sys.argv[1:]
    try:
        os.execv(command, [command, *arguments])
    except OSError as e:
        sys.exit(f"linnet: {command}: {e.strerror}")


if __name__ == "__main__":
    main()
