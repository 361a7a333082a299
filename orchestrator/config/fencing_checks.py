"""What the fencing devices of one group say against themselves and against the group.

Called by `group_checks`. What only an agent knows is asked later (`orchestrator.fencing.validate`).
"""

import re

from orchestrator.config import timing
from orchestrator.config.definition import Definition
from orchestrator.config.problems import Path, Problems, did_you_mean
from orchestrator.config.schema_fencing import FenceDevice, SecretSource, options_of

SECRET = re.compile(r"(.*[_-])?(pass|passwd|password|secret|secret_key|token|apikey|api_key)")
"""Options that hold a secret: a file that people share and keep versions of is no place for it."""
OURS = frozenset({"action", "nodename"})
"""What HA_SYS tells the agent itself."""
OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def check_fencing(definition: Definition, problems: Problems) -> None:
    servers = definition.model.servers
    owners: dict[tuple[str, str], str] = {}
    for server, devices in definition.model.fencing.items():
        path: Path = ("fencing", server)
        if server not in servers and definition.has("servers"):
            hint = did_you_mean(server, servers)
            position = definition.position(path, key=True)
            problems.add(position, "is not a server of the group", path=path, hint=hint)
        if not devices:
            hint = "write at least one device, or leave the server away"
            problems.add(definition.position(path), "has no devices", path=path, hint=hint)
        for number, device in enumerate(devices):
            _check_device(definition, (*path, number), device, problems)
            identity = (device.agent, repr(sorted(options_of(device).items())))
            owner = owners.setdefault(identity, server)
            if owner != server:
                place = (*path, number)
                what = f"is the device of {owner} as well: it would switch off the wrong server"
                hint = "name the address or plug of this server's own"
                problems.add(definition.position(place), what, path=place, hint=hint)


def _check_device(
    definition: Definition, path: Path, device: FenceDevice, problems: Problems
) -> None:
    found: list[tuple[str, str, str]] = []
    if device.password_file is not None and device.password_env is not None:
        hint = "keep one of them"
        found.append(("password_env", "stands beside password_file", hint))
    for name, value in options_of(device).items():
        found += [(name, message, hint) for message, hint in _option(name, value)]
    for name, message, hint in found:
        place = (*path, name)
        problems.add(definition.position(place, key=True), message, path=place, hint=hint)


def _option(name: str, value: str | SecretSource) -> list[tuple[str, str]]:
    if name in OURS or not OPTION.fullmatch(name):
        what = "is chosen by HA_SYS" if name in OURS else "is not the name of an option"
        return [(what, "take it out")]
    if isinstance(value, SecretSource):
        if (value.file is None) == (value.env is None):
            return [("needs file or env, one of them", "write {file: PATH} or {env: NAME}")]
        return []
    if SECRET.fullmatch(name):
        hint = f"write {name}: {{file: PATH}}, a file that only the controller may read"
        return [("is a secret and must not stand here", hint)]
    return []


def check_watchdog(definition: Definition, problems: Problems) -> None:
    """A device counts whole seconds: it cannot keep a shorter time-out."""
    model = definition.model
    if not (definition.has("watchdog") and definition.has("timing")):
        return
    seconds = timing.complete(timing.written(model.timing)).watchdog_s
    if model.watchdog.startswith("/") and (seconds < 1 or seconds != int(seconds)):
        problems.add(
            definition.position(("watchdog",)),
            f"a device counts whole seconds, and timing: watchdog is {seconds:g}s",
            path=("watchdog",),
            hint="write timing: {watchdog: 1s} and a lease that is long enough, or"
            " watchdog: systemd",
        )
