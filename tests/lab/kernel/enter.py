"""enter.py FOLDER PROGRAM ARGUMENT...: runs a program on the machine whose folder that is.

Ssh joins its arguments with spaces and leaves them to a shell; this quotes them first, so that it
can stand before any argv. It imports nothing of the project, to run from anywhere and quickly.
"""

import json
import os
import shlex
import sys
from pathlib import Path

FILE = "enter.json"


def main() -> None:
    folder, *argv = sys.argv[1:]
    ssh: list[str] = json.loads((Path(folder) / FILE).read_text())
    command = [*ssh, shlex.join(argv)]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
