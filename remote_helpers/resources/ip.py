"""A service address: asked for, added, announced; removed with nothing else going with it."""

import contextlib
import ipaddress
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from remote_helpers import announce, netlink
from remote_helpers.netlink import Address, Link
from remote_helpers.operation import Context, OperationError, state

Spec = Mapping[str, Any]

_EADDRNOTAVAIL, _EEXIST, _ENODEV = 99, 17, 19


class _Wanted(NamedTuple):
    device: str
    address: str
    prefix: int

    @property
    def text(self) -> str:
        return "{}/{} on {}".format(self.address, self.prefix, self.device)


def check(_context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    wanted = _wanted(spec)
    links = netlink.links()
    found = [one for one in netlink.addresses(links) if one.address == wanted.address]
    on = next((one for one in links if one.name == wanted.device), None)
    return _judge(wanted, on, found)


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    wanted = _wanted(spec)
    before = check(context, name, spec)
    on = netlink.link(wanted.device)
    if on is None:
        raise OperationError("failed", _no_device(wanted))
    if before["state"] == "started":
        _announce_again(on, wanted)  # who asks again may do so because nobody heard it
        return before
    problem = hindrance(context, "start", spec, before)
    if problem:
        raise OperationError("failed", problem)
    _take(context, on, wanted)
    after = check(context, name, spec)
    if after["state"] != "started":
        raise OperationError("failed", "added, but now: " + str(after["detail"]))
    return state("started", True, str(after["detail"]))


def stop(_context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    """Takes the address off this server wherever it is: on another device it answers as well."""
    wanted = _wanted(spec)
    removed = take_off(wanted.address)
    left = [one.device for one in netlink.addresses() if one.address == wanted.address]
    if left:
        message = "removed {}, but it is on {} again: what else adds it there?".format(
            wanted.address, ", ".join(left)
        )
        raise OperationError("failed", message)
    return state("stopped", bool(removed), "; ".join(removed) or "not on " + wanted.device)


def hindrance(_context: Context, verb: str, spec: Spec, seen: Mapping[str, Any]) -> str:
    """Nothing of the wire: whether another machine has it is asked when it starts."""
    if verb == "stop":
        return ""
    wanted = _wanted(spec)
    on = netlink.link(wanted.device)
    if on is None:
        return _no_device(wanted)
    return _no_use(on, wanted) or (
        "{}; stop it first".format(seen["detail"]) if seen["state"] == "failed" else ""
    )


def _no_use(on: Link, wanted: _Wanted) -> str:
    if not on.up:
        return "{} is switched off: ip link set {} up".format(on.name, on.name)
    if not on.carrier:
        return "{} has no carrier, nobody could reach {}".format(on.name, wanted.address)
    return ""


def take_off(address: str) -> List[str]:
    """Removes an address and nothing else, and says from where.

    The kernel drops the secondary addresses of an IPv4 subnet together with its primary one, and
    with the last address of a device the routes through it. So that this does not happen to
    the host's own addresses, a secondary one is promoted; where that cannot be switched on,
    those that went are put back.
    """
    removed = []
    for one in netlink.addresses():
        if one.address != address:
            continue
        others = [] if one.secondary else _secondaries_of(one)
        promoted = _Promotion(one.device) if others else None
        try:
            netlink.delete_address(one.ifindex, one.address, one.prefix)
        except OperationError as error:
            if netlink.errno_of(error) not in (_EADDRNOTAVAIL, _ENODEV):
                raise
        finally:
            if promoted is not None:
                promoted.restore()
        removed.append("{} removed from {}".format(one.interface, one.device) + _repair(others))
    return removed


class _Promotion:
    """`promote_secondaries` of a device, switched on while a primary address goes."""

    def __init__(self, device: str) -> None:
        self._path = "/proc/sys/net/ipv4/conf/{}/promote_secondaries".format(device)
        self._before: Optional[str] = None
        try:
            with open(self._path) as file:
                before = file.read()
            if before.strip() == "0":
                self._write("1")
                self._before = before
        except OSError:
            pass  # /proc/sys is read-only in some containers: what goes is put back

    def restore(self) -> None:
        if self._before is not None:
            with contextlib.suppress(OSError):  # writable a moment ago; promoting does no harm
                self._write(self._before)

    def _write(self, value: str) -> None:
        with open(self._path, "w") as file:
            file.write(value)


def _secondaries_of(primary: Address) -> List[Address]:
    if netlink.family_of(primary.address) != netlink.family_of("0.0.0.0"):  # noqa: S104
        return []
    subnet = ipaddress.ip_interface(primary.interface).network
    return [
        one
        for one in netlink.addresses()
        if one.ifindex == primary.ifindex
        and one.secondary
        and ipaddress.ip_interface(one.interface).network == subnet
    ]


def _repair(others: List[Address]) -> str:
    if not others:
        return ""
    links = netlink.links()
    here = {(one.ifindex, one.interface) for one in netlink.addresses(links)}
    gone = [one for one in others if (one.ifindex, one.interface) not in here]
    for one in gone:
        on = next((link for link in links if link.ifindex == one.ifindex), None)
        if on is not None:
            netlink.add_address(on, one.address, one.prefix)
    if not gone:
        return ""
    went = ", ".join(one.interface for one in gone)
    return " (the kernel took {} with it: put back; look at the routes of {})".format(
        went, gone[0].device
    )


def _judge(wanted: _Wanted, on: Optional[Link], found: List[Address]) -> Dict[str, Any]:
    if not found:
        return state("stopped", False, _why_absent(wanted, on))
    right = [one for one in found if _is(one, wanted)]
    if not right or len(found) > 1:
        seen = ", ".join("{} on {}".format(one.interface, one.device) for one in found)
        return state("failed", False, "found {}; wanted {}".format(seen, wanted.text))
    trouble = _trouble(on, right[0])
    return state("failed" if trouble else "started", False, wanted.text + trouble)


def _trouble(on: Optional[Link], here: Address) -> str:
    """Why an address that is there does not serve."""
    if here.duplicate:
        return ": the kernel does not use it, another machine has it"
    if on is None or not on.up:
        return ", which is switched off"
    if not on.carrier:
        return ", which has no carrier"
    return ": not usable yet, the kernel still looks for duplicates" if here.tentative else ""


def address_of(spec: Spec) -> str:
    """Without its prefix."""
    return _wanted(spec).address


def _is(one: Address, wanted: _Wanted) -> bool:
    return one.device == wanted.device and one.prefix == wanted.prefix


def _why_absent(wanted: _Wanted, on: Optional[Link]) -> str:
    if on is None:
        return _no_device(wanted)
    trouble = "" if on.up else "; it is switched off"
    if on.up and not on.carrier:
        trouble = "; it has no carrier"
    return "not on {}{}".format(wanted.device, trouble)


def _no_device(wanted: _Wanted) -> str:
    names = ", ".join(sorted(one.name for one in netlink.links() if one.name != "lo"))
    return "there is no device {} here; there are: {}".format(wanted.device, names or "none")


def _take(context: Context, on: Link, wanted: _Wanted) -> None:
    """Ask, add, tell; on a link without neighbours just add."""
    if not announce.can_probe(on):
        _add(on, wanted)
        return
    wire = announce.Wire(on, wanted.address)
    try:
        _refuse_duplicate(wire, on, wanted)
        context.proceed()
        _add(on, wanted)
        wire.announce()
    except OperationError:
        wire.close()
        raise
    wire.repeat_aside()


def _add(on: Link, wanted: _Wanted) -> None:
    try:
        netlink.add_address(on, wanted.address, wanted.prefix)
    except OperationError as error:
        if netlink.errno_of(error) != _EEXIST:
            raise


def _announce_again(on: Link, wanted: _Wanted) -> None:
    if announce.can_probe(on):
        wire = announce.Wire(on, wanted.address)
        wire.announce()
        wire.repeat_aside()


def _refuse_duplicate(wire: announce.Wire, on: Link, wanted: _Wanted) -> None:
    taker = wire.who_has()
    if taker is not None:
        message = "another machine has {}: {} answered on {}".format(wanted.address, taker, on.name)
        raise OperationError("failed", message, {"mac": taker})


def _wanted(spec: Spec) -> _Wanted:
    try:
        interface = ipaddress.ip_interface(str(spec["interface"]))
        device = str(spec["device"])
    except (KeyError, ValueError) as error:
        message = "an ip resource needs interface (ADDRESS/PREFIX) and device: {!r}".format(error)
        raise OperationError("bad-request", message) from error
    return _Wanted(device, str(interface.ip), interface.network.prefixlen)
