"""Whether this server holds any exclusive resource of the group, looked at by the guard itself.

Cheap looks (netlink, /proc, cgroup files) come every second or two; what takes a program to ask
is asked seldom, except where a reign is ending: then everything is looked at.
"""

import time
from typing import Any, Dict, List, Mapping, Optional, Tuple

from remote_helpers import netlink, resources, step_lock
from remote_helpers.child import Children
from remote_helpers.guarding import units
from remote_helpers.guarding.places import Places
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources import ip

Resource = Mapping[str, Any]

SELDOM_S = 10.0
"""Between two looks that take a program, while nothing is ending."""
PATIENCE_S = 5.0
"""For one look; it is in a thread of its own and keeps nobody waiting."""


class Looker:
    """Remembers what it last saw of the resources that are looked at seldom."""

    def __init__(self, group: str, places: Places, wanted: List[Resource]) -> None:
        self._group, self._places, self._wanted = group, places, wanted
        self._seen: Dict[str, Tuple[float, Optional[bool]]] = {}

    def look(self, thorough: bool) -> Optional[bool]:  # noqa: FBT001
        """None: at least one could not be looked at, and none of the others is held.

        A step in progress may be about to take something: while one is, nobody can say that
        nothing is held.
        """
        directory = self._places.kept
        if thorough and not step_lock.is_free(directory):
            return None
        unknown = False
        for one in self._wanted:
            held = self._is_held(one, thorough)
            if held:
                return True
            unknown = unknown or held is None
        if unknown or (thorough and not step_lock.is_free(directory)):
            return None
        return False

    def _is_held(self, one: Resource, thorough: bool) -> Optional[bool]:  # noqa: FBT001
        at, held = self._seen.get(one["name"], (float("-inf"), None))
        if thorough or is_cheap(one) or time.monotonic() - at > SELDOM_S:
            context = Context(self._group, time.monotonic() + PATIENCE_S, Children())
            try:
                held = holds(context, one)
            except (OperationError, OSError):
                held = None
            self._seen[one["name"]] = (time.monotonic(), held)
        return held


def holds(context: Context, one: Resource) -> bool:
    """Anything of it that is here counts, also what does not serve."""
    kind, spec = one["type"], one["spec"]
    if kind == "ip":
        address = ip.address_of(spec)
        return any(each.address == address for each in netlink.addresses([]))
    if kind == "systemd" and units.can_be_seen():
        return units.is_active(units.full_name(str(spec["unit"])))
    module = resources.TYPES.get(kind)
    if module is None:
        raise OperationError("unsupported", "no such type of resource: {!r}".format(kind))
    seen: Dict[str, Any] = module.check(context, one["name"], spec)
    if seen["state"] == "unknown":
        raise OperationError("failed", seen["detail"])
    return bool(seen["state"] != "stopped")


def is_cheap(one: Resource) -> bool:
    """Whether a look executes no program, as long as nothing is held."""
    kind, spec = one["type"], one["spec"]
    if kind == "process":
        return bool(spec.get("pattern") or spec.get("pid_file"))
    if kind == "systemd":
        return units.can_be_seen()
    return kind in ("ip", "mount", "disk")
