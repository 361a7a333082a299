"""Whatever the site knows how to start, stop and check by a shell command."""

from typing import Any, Dict, Mapping

from remote_helpers.operation import Context, OperationError, state
from remote_helpers.resources.waiting import REPORT_IN_S, shown, wait_for

Spec = Mapping[str, Any]

_WORDS = {0: "started", 3: "stopped", 7: "stopped"}
"""3: not running in an LSB init script's `status`; 7: OCF_NOT_RUNNING."""


def check(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    done = context.run(_shell(spec, "check"))
    said = shown(done.stdout + "\n" + done.stderr)
    word = _WORDS.get(done.rc, "failed")
    detail = "check command ended with {}".format(done.rc) + (": " + said if said else "")
    if done.rc in (126, 127):
        raise OperationError("unsupported", "cannot be run here: " + detail)
    return state(word, False, detail)


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    return _bring(context, name, spec, "start", "started")


def stop(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    return _bring(context, name, spec, "stop", "stopped")


def hindrance(_context: Context, _verb: str, _spec: Spec, _seen: Mapping[str, Any]) -> str:
    """What its commands need only they know."""
    return ""


def _bring(context: Context, name: str, spec: Spec, verb: str, wanted: str) -> Dict[str, Any]:
    before = check(context, name, spec)
    if before["state"] == wanted:
        return before
    shell = _shell(spec, verb)
    limit = max(context.remaining() - REPORT_IN_S, 0.0)
    done = context.run(shell, timeout=limit)
    said = shown(done.stdout + "\n" + done.stderr)
    tail = "; it said: " + said if said else ""
    if done.timed_out:
        message = "{} command killed, not done after {:.0f} s: {}{}".format(
            verb, limit, shell, tail
        )
        raise OperationError("failed", message)
    if done.rc != 0:
        message = "{} command ended with {}: {}{}".format(verb, done.rc, shell, tail)
        raise OperationError("failed", message, {"rc": done.rc})
    then = "the {} command ended with 0{}".format(verb, tail)
    after = wait_for(context, wanted, lambda: check(context, name, spec), then)
    return state(wanted, True, str(after["detail"]))


def _shell(spec: Spec, verb: str) -> str:
    shell = spec.get(verb)
    if not isinstance(shell, str) or not shell:
        raise OperationError("bad-request", "a command resource needs start, stop and check")
    return shell
