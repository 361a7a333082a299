"""What to put on a server so that a login may start the helper, and nothing else.

Both lines hold for every version of the helper: the helper itself comes on stdin. So the key is
still able to do anything as the user it leads to; what it is not is a shell, a tunnel or a way to
copy files by hand.
"""

import re

from orchestrator.errors import UsageError
from orchestrator.model import Login
from orchestrator.transport.launch import BOOT, launch_line

INTERPRETER = "/usr/bin/python3"
PUBLIC_KEY = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?")


def authorized_keys_line(public_key: str, login: Login) -> str:
    """For `~/.ssh/authorized_keys` of the login; `restrict` needs OpenSSH 7.2 or later."""
    key = public_key.strip()
    if not PUBLIC_KEY.fullmatch(key):
        raise UsageError(f"not a public key: {key[:60]!r}", hint="the file to give ends in .pub")
    command = launch_line(login).replace("\\", "\\\\").replace('"', '\\"')
    return f'command="{command}",restrict {key}'


def sudoers_line(login: Login) -> str:
    """For a file of its own in `/etc/sudoers.d`: this interpreter with exactly this program."""
    interpreter = login.python or INTERPRETER
    if not interpreter.startswith("/"):
        raise UsageError(
            f"sudoers needs the whole path of the interpreter, not {interpreter!r}",
            hint="set ansible_python_interpreter to it",
        )
    arguments = " ".join(_escaped(each) for each in ("-I", "-c", BOOT))
    return f"{login.user} ALL=(root) NOPASSWD: {_escaped(interpreter)} {arguments}"


def _escaped(text: str) -> str:
    """sudoers(5): separators need a backslash, and so do the wildcards that fnmatch would see."""
    return re.sub(r"([\\,:=*?\[\]!#])", r"\\\1", text)
