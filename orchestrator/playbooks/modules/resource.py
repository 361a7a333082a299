"""`process`, `ip`, `mount`: as a resource of the group, but said in a task.

Each is started and stopped by the very code that moves the group's resources. Where it is a part
of the group, it is started only where a flow could start it.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import NoUndo, Outcome, Status, Undo
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument, is_template
from orchestrator.playbooks.module import Call, Module
from orchestrator.transport import Done, Request


class _AsResource(Module):
    """`starting`: the words of `state` that mean it shall be there, `stopping` the others."""

    mutates = True
    kind: ClassVar[str]
    starting: ClassVar[tuple[str, ...]]
    stopping: ClassVar[str]
    returns: ClassVar[Mapping[str, str]] = {"state": "`started` or `stopped`", "detail": "as seen"}
    foretold = "whether it would be started or stopped, and what stands in the way"
    undone = "what it started is stopped, what it stopped is started"

    def spec(self, call: Call) -> Mapping[str, Any]:
        raise NotImplementedError

    def label(self, call: Call) -> str:
        """By which group, plan and people know it."""
        raise NotImplementedError

    def touches(self, call: Call) -> frozenset[str]:
        return frozenset({self.label(call)})

    def takes(self, call: Call) -> frozenset[str]:
        return self.touches(call) if call.args["state"] in self.starting else frozenset()

    def may_repeat(self, call: Call) -> bool:
        """A start and a stop look at the state before they act."""
        del call
        return True

    def ask(self, call: Call) -> Request:
        verb = "start" if call.args["state"] in self.starting else "stop"
        name = self.label(call).partition(":")[2]
        args = {"type": self.kind, "name": name, "spec": self.spec(call)}
        return Request(op=f"resource.{verb}", args=args, deadline_s=call.deadline_s)

    def conclude(self, call: Call, done: Done) -> Outcome:
        del call
        status = Status.CHANGED if done.data.get("changed") else Status.OK
        return Outcome(status=status, message=str(done.data["detail"]), result=done.data)

    def undo(self, call: Call, done: Done) -> Undo | NoUndo:
        del done
        is_start = call.args["state"] in self.starting
        given = {name: value for name, value in call.args.items() if value is not None}
        listed = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
        }
        state = self.stopping if is_start else self.starting[0]
        return Undo(module=self.name, args={**listed, "state": state})


def _state(*words: str) -> Parameter:
    return Parameter(kind=Kind.TEXT, summary="what is wanted", default=words[0], choices=words)


class Ip(_AsResource):
    name = "ip"
    kind = "ip"
    starting = ("present",)
    stopping = "absent"
    summary = (
        "An address on a device, announced to the network when it is added; taken off without "
        "anything else going with it."
    )
    parameters: ClassVar[Parameters] = {
        "address": Parameter(
            kind=Kind.TEXT, summary="with its prefix, like `192.168.1.70/24`", required=True
        ),
        "device": Parameter(kind=Kind.TEXT, summary="like `ens192`", required=True),
        "state": _state("present", "absent"),
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        address = args.get("address")
        if isinstance(address, str) and not is_template(address):
            try:
                ipaddress.ip_interface(address)
            except ValueError as error:
                found = (*found, WrongArgument("address", f"'address': {error}"))
            else:
                if "/" not in address:
                    message = f"'address': {address} has no prefix; write like {address}/24"
                    found = (*found, WrongArgument("address", message))
        return found

    def label(self, call: Call) -> str:
        return f"address:{ipaddress.ip_interface(call.args['address']).ip}"

    def spec(self, call: Call) -> Mapping[str, Any]:
        return {"interface": call.args["address"], "device": call.args["device"]}


class Mount(_AsResource):
    name = "mount"
    kind = "mount"
    starting = ("mounted", "ephemeral")
    stopping = "unmounted"
    summary = (
        "A file system on its mount point. `/etc/fstab` is never touched: what is mounted at boot "
        "on both servers destroys data."
    )
    parameters: ClassVar[Parameters] = {
        "path": Parameter(kind=Kind.TEXT, summary="mount point, which is there", required=True),
        "src": Parameter(
            kind=Kind.TEXT, summary="device, `LABEL=`, `UUID=`, `host:/path`", required=True
        ),
        "fstype": Parameter(kind=Kind.TEXT, summary="like `ext4`, `xfs`, `nfs`", default="auto"),
        "opts": Parameter(kind=Kind.TEXT, summary="options with commas between, like `noatime,ro`"),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="`mounted` and `ephemeral` mean the same",
            default="mounted",
            choices=("mounted", "ephemeral", "unmounted"),
        ),
    }

    def label(self, call: Call) -> str:
        return f"path:{call.args['path'].rstrip('/') or '/'}"

    def spec(self, call: Call) -> Mapping[str, Any]:
        options = [one for one in (call.args["opts"] or "").split(",") if one]
        names = {"path": call.args["path"], "device": call.args["src"]}
        return {**names, "fstype": call.args["fstype"], "options": options}


class Process(_AsResource):
    name = "process"
    kind = "process"
    starting = ("started",)
    stopping = "stopped"
    summary = (
        "A program that stays, known by a pattern, a pid file or a check; it outlives the run. "
        "Stopped by its stop command, then by TERM, then by KILL."
    )
    parameters: ClassVar[Parameters] = {
        "name": Parameter(
            kind=Kind.TEXT, summary="by which its processes are marked", required=True
        ),
        "start": Parameter(kind=Kind.TEXT, summary="shell line that starts it", required=True),
        "stop": Parameter(kind=Kind.TEXT, summary="shell line that stops it"),
        "check": Parameter(kind=Kind.TEXT, summary="shell line that ends with 0 while it runs"),
        "pattern": Parameter(kind=Kind.TEXT, summary="expression that fits its command line"),
        "pid_file": Parameter(kind=Kind.TEXT, summary="file with its number"),
        "user": Parameter(kind=Kind.TEXT, summary="login name to run as"),
        "chdir": Parameter(kind=Kind.TEXT, summary="directory to run in"),
        "environment": Parameter(kind=Kind.MAPPING, summary="variables added to its environment"),
        "state": _state("started", "stopped"),
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if not args.keys() & {"pattern", "pid_file", "check"}:
            message = "give 'pattern', 'pid_file' or 'check': by what is it known?"
            found = (*found, WrongArgument("", message))
        return found

    def label(self, call: Call) -> str:
        return f"process:{call.args['name']}"

    def spec(self, call: Call) -> Mapping[str, Any]:
        words = ("start", "stop", "check", "pattern", "pid_file", "user")
        given = {word: call.args[word] for word in words}
        environment = {str(k): str(v) for k, v in (call.args["environment"] or {}).items()}
        return {**given, "directory": call.args["chdir"], "environment": environment}
