"""The command line that starts a helper: the same for every version of it.

Everything that varies (how many bytes follow, the helper itself, its settings) comes on stdin, so
that the line can be written into `authorized_keys` and `sudoers` once and for all.
"""

import shlex

from orchestrator.model import Login

BOOT = (
    "from sys import stdin;from zlib import decompress;"
    "exec(decompress(stdin.buffer.read(int(stdin.buffer.readline()))))"
)
"""Reads its length from the first line: some SSH servers never pass on the end of stdin.

No quote, comma, colon, equals sign, backslash, dollar, star or exclamation mark: it stands inside
double quotes of sh, inside single quotes of any login shell, and in sudoers as it is.
"""

INTERPRETERS = ("python3", "/usr/libexec/platform-python")
NO_PYTHON = "HASYS-NO-PYTHON"
"""What the line prints when there is none."""


def interpreters(login: Login) -> tuple[str, ...]:
    """In the order they are tried."""
    return INTERPRETERS if login.python is None else (login.python, *INTERPRETERS)


def launch_line(login: Login) -> str:
    """One line for any login shell: the first interpreter that exists becomes the helper."""
    names = " ".join(shlex.quote(name) for name in interpreters(login))
    become = "sudo -n " if login.become else ""
    script = (
        f"for p in {names}; do "
        f'p=$(command -v "$p") && exec {become}"$p" -I -c "{BOOT}"; '
        f"done; echo {NO_PYTHON}"
    )
    return f"exec /bin/sh -c {shlex.quote(script)}"
