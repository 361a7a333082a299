"""`run`: a program or a shell line of a playbook; its exit code is data, not a failure."""

import glob
import os
from typing import Any, Dict, Mapping

from remote_helpers.operation import Context, OperationError, prediction


def run(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    given = dict(args)
    argv, shell = given.pop("argv", None), given.pop("shell", None)
    command = argv if shell is None else shell
    if (argv is None) == (shell is None) or not command:
        raise OperationError("bad-request", "run needs argv or shell")
    why = needless(args)
    if why:
        return {"not_run": why}
    given.pop("creates", None)
    given.pop("removes", None)
    done = context.run(command, **given)
    return {
        "rc": done.rc,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "truncated": done.truncated,
    }


def check(_context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    why = needless(args)
    if why:
        return prediction("nothing", why, {"not_run": why})
    return prediction("unknown", "it runs; what it changes shows then")


def needless(args: Mapping[str, Any]) -> str:
    """Why a command need not run, by `creates` and `removes`; empty: it must."""
    directory = args.get("directory") or "/"
    creates, removes = args.get("creates"), args.get("removes")
    if creates and glob.glob(os.path.join(directory, creates)):
        return "not run, since {} is there".format(creates)
    if removes and not glob.glob(os.path.join(directory, removes)):
        return "not run, since {} is not there".format(removes)
    return ""
