"""`unit`: a systemd unit that runs or not, starts at boot or not.

Unlike a resource of type systemd it only does what a person would by hand: no judgement follows
of what it serves, and a unit that runs once and ends may be started.
"""

import functools
from typing import Any, Callable, Dict, List, Mapping, Optional

from remote_helpers.modules.change import Args, Change
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources import systemd
from remote_helpers.resources.waiting import REPORT_IN_S, shown

_RUNNING = ("active", "activating", "reloading", "refreshing")
_AT_BOOT = ("enabled", "enabled-runtime", "alias", "static", "indirect", "generated")


def plan(context: Context, args: Args) -> Change:
    unit = _unit(args)
    reload = functools.partial(_systemctl, context, ["daemon-reload"])
    first = reload if args.get("daemon_reload") else None
    if unit is None:
        return Change("systemd reads its files again", [], {}, first=first)
    seen = systemd.show(context, unit)
    load, at_boot, active = (
        seen.get(word, "") for word in ("LoadState", "UnitFileState", "ActiveState")
    )
    if load == "not-found" and not args.get("daemon_reload"):
        raise OperationError("failed", "there is no unit {} on this server".format(unit))
    changes = _boot_changes(unit, args, load, at_boot) + _run_changes(unit, args, load, active)
    wanted = [[verb, "--", unit] for verb in changes]
    result: Dict[str, Any] = {"name": args["name"], "status": dict(seen)}
    for word in ("state", "enabled"):
        if args.get(word) is not None:
            result[word] = args[word]
    if result.get("state") in ("restarted", "reloaded"):
        result["state"] = "started"
    now = "{} is {} ({})".format(unit, active, at_boot or "not at boot")
    if not wanted:
        return Change(now, [], result, first=first)
    detail = "{}; then {}".format(now, ", ".join(one[0] for one in wanted))
    before = {"running": active in _RUNNING, "enabled": at_boot, "masked": load == "masked"}
    return Change(detail, _steps(context, wanted), result, before=before, first=first)


def _boot_changes(unit: str, args: Args, load: str, at_boot: str) -> List[str]:
    found = []
    is_masked = load == "masked"
    masked, enabled = args.get("masked"), args.get("enabled")
    if masked is not None and masked is not is_masked:
        found.append("mask" if masked else "unmask")
    if enabled is not None and enabled is not (at_boot in _AT_BOOT):
        if is_masked and not found:
            message = "{0} is masked: systemctl unmask {0}".format(unit)
            raise OperationError("failed", message)
        found.append("enable" if enabled else "disable")
    return found


def _run_changes(unit: str, args: Args, load: str, active: str) -> List[str]:
    state, is_running = args.get("state"), active in _RUNNING
    starts = {"started": not is_running, "restarted": True, "reloaded": True}.get(str(state), False)
    if starts and load == "masked" and args.get("masked") is not False:
        raise OperationError("failed", "{0} is masked: systemctl unmask {0}".format(unit))
    if state == "started":
        return [] if is_running else ["start"]
    if state == "stopped":
        return ["stop"] if is_running or active == "deactivating" else []
    if state == "restarted":
        return ["restart"]
    if state == "reloaded":
        return ["reload"] if is_running else ["start"]
    return []


def _steps(context: Context, wanted: List[List[str]]) -> List[Callable[[], None]]:
    return [functools.partial(_systemctl, context, one) for one in wanted]


def _systemctl(context: Context, words: List[str]) -> None:
    limit = max(context.remaining() - REPORT_IN_S, 0.0)
    done = context.run(["systemctl", *words], timeout=limit)
    if not done.timed_out and done.rc == 0:
        return
    how = "was not done after {:.0f} s (systemd goes on with it)".format(limit)
    if not done.timed_out:
        how = "ended with {}: {}".format(done.rc, shown(done.stderr))
    then = "; journalctl -u {} tells more".format(words[-1]) if len(words) > 1 else ""
    message = "systemctl {} {}{}".format(" ".join(words).replace(" --", ""), how, then)
    raise OperationError("failed", message, {"rc": done.rc})


def _unit(args: Mapping[str, Any]) -> Optional[str]:
    name = args.get("name")
    if not name:
        return None
    return str(name) if "." in str(name) else "{}.service".format(name)
