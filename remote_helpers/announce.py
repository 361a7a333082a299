"""Tells the neighbours who has an address, and asks them first whether somebody else has it.

ARP for IPv4 (RFC 826, RFC 5227), neighbour discovery for IPv6 (RFC 4861, RFC 4862), straight on
the link: no `arping` to be missing, and the answer says which MAC address has it.
"""

import ctypes
import socket
import struct
import threading
import time
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from remote_helpers.netlink import Link, addresses, family_of
from remote_helpers.operation import OperationError

PROBES_AT_S = (0.0, 0.04)
PROBE_FOR_S = 0.12
"""A switchover waits for the whole of this, so it is far shorter than RFC 5227's seven seconds.
A kernel answers ARP from its interrupt path: well under a millisecond on a LAN, however loaded the
machine is; 120 ms leaves room for a virtual machine that waits for its turn, and the second probe
for one lost frame. A server that is paused answers no probe of any length: epochs and fencing
close that gap, not this."""

REPEAT_AFTER_S = (0.1, 0.4, 0.5, 1.0)
"""Pauses between the repeated announcements: one lost frame must not leave a neighbour with the
old MAC address until its own cache runs out."""

_ARP, _IPV6 = 0x0806, 0x86DD
_ETHERNET_BROADCAST = b"\xff" * 6
_SOL_PACKET, _ADD_MEMBERSHIP, _SO_ATTACH_FILTER = 263, 1, 26
_SOLICITATION, _ADVERTISEMENT = 135, 136
_ALL_NODES = socket.inet_pton(socket.AF_INET6, "ff02::1")
_UNSPECIFIED = b"\0" * 16
_ARP_LAYOUT = struct.Struct("!HHBBH6s4s6s4s")

Frame = Tuple[bytes, bytes]
"""Destination MAC address and what follows the Ethernet header."""


class _Protocol(NamedTuple):
    """What differs between the two families, all for one link and one address."""

    ethertype: int
    question: Frame
    announcements: List[Frame]
    taken_by: Callable[[bytes, bytes], Optional[bytes]]
    """(source MAC, packet) -> MAC of who has or wants the address."""


def can_probe(on: Link) -> bool:
    return on.neighbours and len(_mac(on)) == 6


class Wire:
    """The link, open for questions and announcements about one address.

    Closing it waits for the kernel to be done with it on all processors, 10 to 30 ms: so one is
    opened for both, and closed out of the caller's way.
    """

    def __init__(self, on: Link, address: str) -> None:
        self._on = on
        self._address = address
        self._protocol = _protocol(on, address)
        self._socket = _open(on, self._protocol)

    def who_has(self) -> Optional[str]:
        """MAC address of another machine that has, or at this moment wants, the address."""
        own = _mac(self._on)
        began = time.monotonic()
        due = [began + at for at in PROBES_AT_S]
        end = began + PROBE_FOR_S
        while True:
            now = time.monotonic()
            if due and now >= due[0]:
                due.pop(0)
                self._send([self._protocol.question])
                continue
            if now >= end:
                return None
            self._socket.settimeout(min([*due, end]) - now)
            try:
                packet, origin = self._socket.recvfrom(2048)
            except socket.timeout:
                continue
            except OSError as error:  # the link went off meanwhile
                raise _cannot(self._on, error) from error
            taker = self._protocol.taken_by(origin[4], packet)
            if taker is not None and taker != own:
                return ":".join("%02x" % byte for byte in taker)

    def announce(self) -> None:
        self._send(self._protocol.announcements)

    def repeat_aside(self) -> threading.Thread:
        """Announces some more without holding up the caller, then closes.

        The thread ends with the process: repeating is a bonus, not worth keeping a helper for.
        """
        name = "announce " + self._address
        thread = threading.Thread(target=self._repeat, name=name, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self._socket.close()

    def _repeat(self) -> None:
        for pause in REPEAT_AFTER_S:
            time.sleep(pause)
            try:
                if not self._is_still_here():
                    break  # it moved on: another word from here would draw its traffic back
                self.announce()
            except OperationError:
                break  # the device is gone or off; the next check of the resource tells
        self.close()

    def _is_still_here(self) -> bool:
        return any(
            one.address == self._address and one.ifindex == self._on.ifindex for one in addresses()
        )

    def _send(self, frames: Sequence[Frame]) -> None:
        try:
            for destination, body in frames:
                where = (self._on.name, self._protocol.ethertype, 0, 0, destination)
                self._socket.sendto(body, where)
        except OSError as error:
            raise _cannot(self._on, error) from error


def _protocol(on: Link, address: str) -> _Protocol:
    if family_of(address) == socket.AF_INET6:
        return _ipv6(on, socket.inet_pton(socket.AF_INET6, address))
    return _ipv4(on, socket.inet_pton(socket.AF_INET, address))


def _ipv4(on: Link, address: bytes) -> _Protocol:
    own = _mac(on)
    nobody, nowhere = b"\0" * 6, b"\0" * 4

    def arp(operation: int, sender: bytes, target_mac: bytes) -> Frame:
        body = _ARP_LAYOUT.pack(1, 0x0800, 6, 4, operation, own, sender, target_mac, address)
        return _ETHERNET_BROADCAST, body

    def taken_by(_source: bytes, packet: bytes) -> Optional[bytes]:
        if len(packet) < _ARP_LAYOUT.size:
            return None
        fields = _ARP_LAYOUT.unpack_from(packet)
        if fields[:4] != (1, 0x0800, 6, 4):
            return None
        operation, sender_mac, sender, _, target = fields[4:]
        wants_it_too = operation == 1 and sender == nowhere and target == address
        return sender_mac if sender == address or wants_it_too else None

    # Both forms: some neighbours learn only from requests, some only from replies.
    announcements = [arp(1, address, nobody), arp(2, address, own)]
    return _Protocol(_ARP, arp(1, nowhere, nobody), announcements, taken_by)


def _ipv6(on: Link, address: bytes) -> _Protocol:
    own = _mac(on)
    group = b"\xff\x02" + b"\0" * 9 + b"\x01\xff" + address[13:]  # solicited-node, RFC 4291
    question = _icmpv6(_UNSPECIFIED, group, struct.pack("!BBHI16s", 135, 0, 0, 0, address))
    flags = 0x20000000 | (0x80000000 if _routes(on) else 0)  # override; router
    advertisement = struct.pack("!BBHI16sBB6s", 136, 0, 0, flags, address, 2, 1, own)
    announcement = _icmpv6(address, _ALL_NODES, advertisement)

    def taken_by(source: bytes, packet: bytes) -> Optional[bytes]:
        if len(packet) < 64 or packet[6] != socket.IPPROTO_ICMPV6 or packet[48:64] != address:
            return None
        asks_too = packet[40] == _SOLICITATION and packet[8:24] == _UNSPECIFIED
        return source if packet[40] == _ADVERTISEMENT or asks_too else None

    return _Protocol(
        _IPV6,
        (b"\x33\x33" + group[12:], question),
        [(b"\x33\x33" + _ALL_NODES[12:], announcement)],
        taken_by,
    )


def _icmpv6(source: bytes, destination: bytes, message: bytes) -> bytes:
    pseudo = source + destination + struct.pack("!II", len(message), socket.IPPROTO_ICMPV6)
    checksum = struct.pack("!H", _checksum(pseudo + message))
    head = struct.pack("!IHBB", 6 << 28, len(message), socket.IPPROTO_ICMPV6, 255)
    return head + source + destination + message[:2] + checksum + message[4:]


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack("!{}H".format(len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _routes(on: Link) -> bool:
    """A router that denies being one in its announcement is dropped as a gateway."""
    try:
        with open("/proc/sys/net/ipv6/conf/{}/forwarding".format(on.name)) as file:
            return file.read().strip() != "0"
    except OSError:
        return False


def _open(on: Link, protocol: _Protocol) -> socket.socket:
    try:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    except OSError as error:
        raise _cannot(on, error) from error
    try:
        if protocol.ethertype == _IPV6:
            _only_neighbour_discovery(wire)
            _join(wire, on, protocol.question[0])
        wire.bind((on.name, protocol.ethertype))
    except OSError as error:
        wire.close()
        raise _cannot(on, error) from error
    return wire


def _cannot(on: Link, error: OSError) -> OperationError:
    message = "cannot speak to the neighbours on {}: {}".format(on.name, error.strerror or error)
    return OperationError("failed", message, {"errno": error.errno})


def _join(wire: socket.socket, on: Link, group: bytes) -> None:
    """The solicited-node group is not ours before we have the address; another who asks uses it."""
    request = struct.pack("=iHH8s", on.ifindex, 0, len(group), group)
    wire.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _only_neighbour_discovery(wire: socket.socket) -> None:
    """Classic BPF, so that a link full of IPv6 traffic cannot push the answer out of the queue."""
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (0x30, 0, 0, 6),  # the next header ...
            (0x15, 0, 4, socket.IPPROTO_ICMPV6),  # ... is ICMPv6
            (0x30, 0, 0, 40),  # its type ...
            (0x15, 1, 0, _SOLICITATION),  # ... is one of the two
            (0x15, 0, 1, _ADVERTISEMENT),
            (0x06, 0, 0, 2048),  # take it
            (0x06, 0, 0, 0),  # leave it
        )
    )
    memory = ctypes.create_string_buffer(program)
    wire.setsockopt(
        socket.SOL_SOCKET,
        _SO_ATTACH_FILTER,
        bytes(_FilterProgram(len(program) // 8, ctypes.addressof(memory))),
    )


def _mac(on: Link) -> bytes:
    return bytes(int(part, 16) for part in on.mac.split(":")) if on.mac else b""
