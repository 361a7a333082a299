"""Base of modules whose operation on the server says itself what it changed, and could change.

One function of the helper (`remote_helpers/modules`) looks, tells and does; here its words become
outcomes, and what was there before becomes the task that puts it back.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.model import NoUndo, Outcome, Prediction, Status, Undo
from orchestrator.playbooks.module import Call, Module, diff_in, said_by_twin
from orchestrator.transport import Done


class Changing(Module):
    mutates = True

    def conclude(self, call: Call, done: Done) -> Outcome:
        data = done.data
        return Outcome(
            status=Status.CHANGED if data["changed"] else Status.OK,
            message=str(data.get("detail", "")),
            result=self.registers(call, data.get("result") or {}),
            diff=diff_in(data),
        )

    def predict(self, call: Call, done: Done) -> Prediction:
        found = said_by_twin(done)
        if found.result is None:
            return found
        return dataclasses.replace(found, result=self.registers(call, found.result))

    def registers(self, call: Call, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the operation found, with what only the module knows."""
        del call
        return result


class ChangingPath(Changing):
    """Of one path, which is put back as it was."""

    undone = (
        "the path is put back as it was: its content (UTF-8, to 64 KiB), mode and owner; what was "
        "made is removed; a folder that was not empty is not brought back"
    )

    def path(self, call: Call) -> str:
        raise NotImplementedError

    def touches(self, call: Call) -> frozenset[str]:
        return frozenset({f"path:{self.path(call)}"})

    def undo(self, call: Call, done: Done) -> Undo | NoUndo:
        result = done.data.get("result") or {}
        path = str(result.get("dest") or result.get("path") or self.path(call))
        kind = str(result.get("state", "file"))
        return put_back(path, done.data["before"], kind)


def put_back(path: str, before: Mapping[str, Any], made: str) -> Undo | NoUndo:
    """`before`: the helper's word on what was there; `made`: what kind of path is there now."""
    words = ("mode", "owner", "group")
    owned = {word: str(before[word]) for word in words if before.get(word) is not None}
    found: Undo | NoUndo
    match before["kind"]:
        case "absent" if made == "directory":
            # never with what others have put into it since
            found = Undo(module="command", args={"argv": ["rmdir", "--", path], "removes": path})
        case "absent":
            found = Undo(module="file", args={"path": path, "state": "absent"})
        case "file" if "content" in before:
            args = {"dest": path, "content": before["content"], **owned}
            found = Undo(module="copy", args=args)
        case "file" if before.get("same_content"):
            found = Undo(module="file", args={"path": path, **owned})
        case "link":
            args = {"path": path, "state": "link", "src": before["src"], "force": True}
            found = Undo(module="file", args=args)
        case "directory" if before.get("empty", True):
            found = Undo(module="file", args={"path": path, "state": "directory", **owned})
        case kind:
            found = NoUndo(reason=f"the {kind} that was at {path} could not be kept as a text")
    return found
