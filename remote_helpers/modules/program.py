"""`program`: a script that the controller sent along, run once; and the site's own modules.

The script lies in a folder of its own, which nobody else can look into, while it runs.
"""

import json
import os
import pwd
import shlex
import shutil
import sys
import tempfile
from typing import Any, Dict, List

from remote_helpers.commands import needless
from remote_helpers.modules.change import Args
from remote_helpers.operation import Context, OperationError, prediction


def run(context: Context, args: Args) -> Dict[str, Any]:
    """`script`, `name`, `words`, `executable`; `module`: arguments of a site's own module, which
    gets them as a file; and as `run`.
    """
    why = needless(args)
    return {"not_run": why} if why else _run(context, args)


def check(context: Context, args: Args) -> Dict[str, Any]:
    """A site's own module that says that it can is asked itself; it promises to change nothing."""
    why = needless(args)
    if why:
        return prediction("nothing", why, {"not_run": why})
    if not args.get("foretells"):
        return prediction("unknown", "it runs; what it changes shows then")
    module = {**args["module"], "_ansible_check_mode": True}
    return prediction("unknown", "", _run(context, {**args, "module": module}))


def _run(context: Context, args: Args) -> Dict[str, Any]:
    user = args.get("user")
    folder = tempfile.mkdtemp(prefix="hasys-")
    try:
        script = _write(folder, os.path.basename(args["name"]), args["script"])
        words = [str(one) for one in args.get("words") or ()]
        if "module" in args:
            words.append(_write(folder, "arguments.json", json.dumps(args["module"])))
        _hand_over(folder, user)
        done = context.run(
            [*_interpreter(args), script, *words],
            stdin=args.get("stdin") or "",
            environment=args.get("environment"),
            directory=args.get("directory"),
            user=user,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "rc": done.rc,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "truncated": done.truncated,
    }


def _write(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o700)
    return path


def _hand_over(folder: str, user: Any) -> None:
    if not user:
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise OperationError("unsupported", "there is no user {}".format(user)) from None
    for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _interpreter(args: Args) -> List[str]:
    """By `executable`, else by the script's first line, so that it need not be executable where
    `/tmp` forbids that. Python is the one that runs the helper: it is there for certain.
    """
    if args.get("executable"):
        return shlex.split(str(args["executable"]))
    first = str(args["script"]).partition("\n")[0]
    if not first.startswith("#!"):
        return [sys.executable] if args["name"].endswith(".py") else ["/bin/sh"]
    words = first[2:].split()
    program = words[1] if len(words) > 1 and os.path.basename(words[0]) == "env" else words[0]
    if os.path.basename(program).startswith("python"):
        return [sys.executable]
    return words
