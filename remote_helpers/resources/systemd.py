"""A systemd unit, started and stopped by systemctl, judged by what systemd shows of it."""

from typing import Any, Dict, List, Mapping

from remote_helpers.operation import Context, OperationError, state
from remote_helpers.resources.waiting import REPORT_IN_S, shown, wait_for

Spec = Mapping[str, Any]

_PROPERTIES = "LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainStatus,Job"
_WORDS = {
    "active": "started",
    "reloading": "started",
    "refreshing": "started",  # since systemd 256
    "inactive": "stopped",
    "maintenance": "stopped",
    "failed": "failed",
    "activating": "failed",  # not serving yet, or between two automatic restarts
    "deactivating": "failed",  # still holds its files
}


def check(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    unit = _unit(spec)
    return _judge(unit, show(context, unit))


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    unit = _unit(spec)
    shown_state = show(context, unit)
    before = _judge(unit, shown_state)
    if before["state"] == "started":
        return before
    if shown_state.get("LoadState") != "loaded":
        raise OperationError("unsupported", "cannot start: " + str(before["detail"]))
    return _bring(context, name, spec, "start", "started")


def stop(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    before = check(context, name, spec)
    if before["state"] == "stopped":
        return before
    if show(context, _unit(spec)).get("ActiveState") == "failed":
        _forget_failure(context, _unit(spec))
        after = check(context, name, spec)
        if after["state"] == "stopped":
            return state("stopped", True, "had failed; " + str(after["detail"]))
    return _bring(context, name, spec, "stop", "stopped")


def hindrance(context: Context, verb: str, spec: Spec, seen: Mapping[str, Any]) -> str:
    if verb == "stop" or show(context, _unit(spec)).get("LoadState") == "loaded":
        return ""
    return "cannot start: {}".format(seen["detail"])


def show(context: Context, unit: str) -> Dict[str, str]:
    """What systemd knows of a unit; it knows something of every name, even of unknown ones."""
    done = context.run(["systemctl", "show", "--property=" + _PROPERTIES, "--", unit])
    (properties,) = parse_units(done.stdout) or [{}]
    if done.rc != 0 or "ActiveState" not in properties:
        message = "systemctl cannot show {}: {}".format(unit, shown(done.stderr) or done.rc)
        raise OperationError("unsupported", message)
    return properties


def parse_units(text: str) -> List[Dict[str, str]]:
    """One for each unit asked for, in that order; an empty line stands between them."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    found = []
    for block in blocks:
        pairs = [line.partition("=") for line in block.splitlines() if "=" in line]
        found.append({name: value for name, _, value in pairs})
    return found


def _bring(context: Context, name: str, spec: Spec, verb: str, wanted: str) -> Dict[str, Any]:
    unit = _unit(spec)
    limit = max(context.remaining() - REPORT_IN_S, 0.0)
    done = context.run(["systemctl", verb, "--", unit], timeout=limit)
    then = "journalctl -u {} tells more".format(unit)
    if done.timed_out:
        seen = _judge(unit, show(context, unit))
        message = "systemctl {} {} was not done after {:.0f} s (systemd goes on with it): {}; {}"
        raise OperationError("failed", message.format(verb, unit, limit, seen["detail"], then))
    if done.rc != 0:
        seen = _judge(unit, show(context, unit))
        message = "systemctl {} {} ended with {}: {}; {}; {}".format(
            verb, unit, done.rc, shown(done.stderr, 1), seen["detail"], then
        )
        raise OperationError("failed", message, {"rc": done.rc})
    if verb == "stop":
        _forget_failure(context, unit)
    after = wait_for(context, wanted, lambda: check(context, name, spec), then)
    return state(wanted, True, str(after["detail"]))


def _forget_failure(context: Context, unit: str) -> None:
    """A unit that ended badly stays `failed`, which is not running; the word would mislead."""
    if show(context, unit).get("ActiveState") == "failed":
        context.run(["systemctl", "reset-failed", "--", unit])


def _judge(unit: str, properties: Mapping[str, str]) -> Dict[str, Any]:
    active = properties.get("ActiveState", "")
    load = properties.get("LoadState", "")
    word = _WORDS.get(active, "unknown")
    detail = "{} is {} ({})".format(unit, active, properties.get("SubState", ""))
    if word == "stopped" and properties.get("Job", "") not in ("", "0"):
        # It waits for others, maybe long after whoever asked for the start gave up.
        word = "failed"
        detail += ", but job {} is queued: it may start at any moment".format(properties["Job"])
    if word == "failed" and properties.get("Result", "success") != "success":
        detail += ", result {}, exit status {}".format(
            properties["Result"], properties.get("ExecMainStatus", "?")
        )
    if load == "not-found":
        detail = "there is no unit {} on this server".format(unit)
        detail += "" if word == "stopped" else ", but it is still {}".format(active)
    elif load == "masked":
        detail += ", masked: systemctl unmask {}".format(unit)
    elif load != "loaded":
        detail += ", its file cannot be used ({}): systemctl status {}".format(load, unit)
    if properties.get("UnitFileState") == "enabled":
        detail += "; enabled at boot, would start by itself: systemctl disable {}".format(unit)
    return state(word, False, detail)


def _unit(spec: Spec) -> str:
    unit = spec.get("unit")
    if not isinstance(unit, str) or not unit:
        raise OperationError("bad-request", "a systemd resource needs unit")
    return unit if "." in unit else unit + ".service"
