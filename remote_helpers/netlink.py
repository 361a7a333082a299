"""Asks and changes the kernel's links and addresses through AF_NETLINK, without any program.

Milliseconds instead of an exec of `ip`, and it works when no program can be read from disk any
more: whoever must take an address off a server whose disk hangs calls this. Layouts: rtnetlink(7).
"""

import errno
import itertools
import os
import socket
import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from remote_helpers.operation import OperationError

_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_F_REQUEST, _F_ACK, _F_DUMP, _F_EXCL, _F_CREATE = 0x001, 0x004, 0x300, 0x200, 0x400
_F_DUMP_INTERRUPTED = 0x010

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")  # family, hardware type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix, flags, scope, index
_ATTRIBUTE = struct.Struct("=HH")

_IFLA_ADDRESS, _IFLA_IFNAME = 1, 3
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST, _IFA_FLAGS = 1, 2, 4, 8
_IFF_UP, _IFF_LOOPBACK, _IFF_NOARP, _IFF_LOWER_UP = 0x1, 0x8, 0x80, 0x10000
_IFA_F_SECONDARY, _IFA_F_NODAD, _IFA_F_DADFAILED, _IFA_F_TENTATIVE = 0x01, 0x02, 0x08, 0x40

_ANSWER_WITHIN_S = 5.0
"""The kernel answers in microseconds unless another program holds its network lock."""

_sequence = itertools.count(1)


class Link(NamedTuple):
    name: str
    ifindex: int
    up: bool
    """Switched on by the administrator."""
    carrier: bool
    """The cable, or what stands for it, is connected."""
    mac: str
    """Empty where the link has none."""
    neighbours: bool
    """Resolves addresses by ARP or neighbour discovery: not loopback, not a tunnel."""


class Address(NamedTuple):
    device: str
    ifindex: int
    address: str
    prefix: int
    secondary: bool
    """IPv4: goes away with the primary address of its subnet unless `promote_secondaries`."""
    duplicate: bool
    """IPv6: the kernel found that somebody else has it and does not use it."""
    tentative: bool
    """IPv6: the kernel still asks whether somebody else has it."""

    @property
    def interface(self) -> str:
        return "{}/{}".format(self.address, self.prefix)


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def links() -> List[Link]:
    found = []
    for body in _dump(_RTM_GETLINK, _RTM_NEWLINK, _LINK.pack(0, 0, 0, 0, 0)):
        _, _, index, flags, _ = _LINK.unpack_from(body)
        attributes = _attributes(body[_LINK.size :])
        found.append(
            Link(
                name=attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "replace"),
                ifindex=index,
                up=bool(flags & _IFF_UP),
                carrier=bool(flags & _IFF_LOWER_UP),
                mac=":".join("%02x" % byte for byte in attributes.get(_IFLA_ADDRESS, b"")),
                neighbours=not flags & (_IFF_LOOPBACK | _IFF_NOARP),
            )
        )
    return found


def link(name: str) -> Optional[Link]:
    return next((one for one in links() if one.name == name), None)


def addresses(known_links: Optional[List[Link]] = None) -> List[Address]:
    """All addresses of this host, in the kernel's order: primaries before their secondaries."""
    names = {one.ifindex: one.name for one in (known_links if known_links is not None else links())}
    found = []
    for body in _dump(_RTM_GETADDR, _RTM_NEWADDR, _ADDRESS.pack(0, 0, 0, 0, 0)):
        family, prefix, flags, _, index = _ADDRESS.unpack_from(body)
        if family not in (socket.AF_INET, socket.AF_INET6):
            continue
        attributes = _attributes(body[_ADDRESS.size :])
        raw = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS, b"")
        if _IFA_FLAGS in attributes:
            (flags,) = struct.unpack("=I", attributes[_IFA_FLAGS])
        found.append(
            Address(
                device=names.get(index, "#{}".format(index)),
                ifindex=index,
                address=socket.inet_ntop(family, raw),
                prefix=prefix,
                secondary=family == socket.AF_INET and bool(flags & _IFA_F_SECONDARY),
                duplicate=family == socket.AF_INET6 and bool(flags & _IFA_F_DADFAILED),
                tentative=family == socket.AF_INET6 and bool(flags & _IFA_F_TENTATIVE),
            )
        )
    return found


def add_address(on: Link, address: str, prefix: int) -> None:
    """IPv6: without the kernel's own duplicate detection, which takes a second; probe before."""
    family = family_of(address)
    raw = socket.inet_pton(family, address)
    body = _ADDRESS.pack(family, prefix, 0, 0, on.ifindex)
    body += _attribute(_IFA_LOCAL, raw) + _attribute(_IFA_ADDRESS, raw)
    if family == socket.AF_INET6:
        body += _attribute(_IFA_FLAGS, struct.pack("=I", _IFA_F_NODAD))
    elif prefix < 31:  # RFC 3021: a /31 has no broadcast address
        host_bits = (1 << (32 - prefix)) - 1
        (number,) = struct.unpack("!I", raw)
        body += _attribute(_IFA_BROADCAST, struct.pack("!I", number | host_bits))
    what = "add {}/{} to {}".format(address, prefix, on.name)
    _change(_RTM_NEWADDR, _F_CREATE | _F_EXCL, body, what)


def delete_address(index: int, address: str, prefix: int) -> None:
    family = family_of(address)
    raw = socket.inet_pton(family, address)
    body = _ADDRESS.pack(family, prefix, 0, 0, index)
    body += _attribute(_IFA_LOCAL, raw) + _attribute(_IFA_ADDRESS, raw)
    what = "delete {}/{} from link {}".format(address, prefix, index)
    _change(_RTM_DELADDR, 0, body, what)


def speed_mbit(name: str) -> Optional[int]:
    """None where the driver does not say: virtual links, no carrier."""
    try:
        with open("/sys/class/net/{}/speed".format(name)) as file:
            speed = int(file.read())
    except (OSError, ValueError):
        return None
    return speed if speed > 0 else None


def errno_of(error: OperationError) -> Optional[int]:
    """The kernel's error number behind an error raised here."""
    number = error.detail.get("errno")
    return number if isinstance(number, int) else None


def _change(kind: int, flags: int, body: bytes, what: str) -> None:
    for _ in _talk(kind, _F_REQUEST | _F_ACK | flags, body, what):
        pass


def _dump(kind: int, answer: int, body: bytes) -> List[bytes]:
    """Reads the whole table; again when it changed in the middle, which the kernel tells."""
    for _ in range(5):
        found = []
        whole = True
        for got, flags, payload in _talk(kind, _F_REQUEST | _F_DUMP, body, "read the network"):
            whole = whole and not flags & _F_DUMP_INTERRUPTED
            if got == answer:
                found.append(payload)
        if whole:
            return found
    raise OperationError(
        "failed", "the links and addresses changed at each of 5 attempts to read them", {}
    )


def _talk(kind: int, flags: int, body: bytes, what: str) -> Iterator[Tuple[int, int, bytes]]:
    sequence = next(_sequence) & 0xFFFFFFFF
    request = _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.settimeout(_ANSWER_WITHIN_S)
        try:
            kernel.bind((0, 0))
            kernel.send(request)
            while True:
                for got, got_flags, got_sequence, payload in _messages(kernel.recv(65536)):
                    if got_sequence != sequence:
                        continue
                    if got in (_NLMSG_DONE, _NLMSG_ERROR):
                        _raise_if_error(got, payload, what)
                        return
                    yield got, got_flags, payload
        except socket.timeout as error:
            message = "cannot {}: the kernel did not answer within {:g} s".format(
                what, _ANSWER_WITHIN_S
            )
            raise OperationError("timed-out", message, {}) from error
        except OSError as error:
            raise _refused(error.errno or 0, what) from error


def _raise_if_error(kind: int, payload: bytes, what: str) -> None:
    if len(payload) < 4:
        return
    (code,) = struct.unpack_from("=i", payload)
    if code < 0 or (kind == _NLMSG_ERROR and code):
        raise _refused(abs(code), what)


_MEANING = {
    errno.EPERM: "not permitted: it takes root (CAP_NET_ADMIN)",
    errno.ENODEV: "there is no such device",
    errno.EEXIST: "it is there already",
    errno.EADDRNOTAVAIL: "the device does not have that address",
    errno.EINVAL: "the kernel does not take these values",
    errno.EACCES: "the kernel does not allow it on this device (IPv6 switched off there?)",
    errno.EOPNOTSUPP: "the kernel has no support for it (IPv6 switched off?)",
    errno.EAFNOSUPPORT: "the kernel has no support for this kind of address",
    errno.ENOBUFS: "the kernel has no memory left for it",
}


def _refused(number: int, what: str) -> OperationError:
    name = errno.errorcode.get(number, str(number))
    meaning = _MEANING.get(number, os.strerror(number))
    detail: Dict[str, Any] = {"errno": number, "errno_name": name}
    return OperationError("failed", "cannot {}: {} ({})".format(what, meaning, name), detail)


def _messages(data: bytes) -> Iterator[Tuple[int, int, int, bytes]]:
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        yield kind, flags, sequence, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


def _attributes(data: bytes) -> Dict[int, bytes]:
    found = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def _attribute(kind: int, value: bytes) -> bytes:
    data = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value
    return data + b"\0" * (-len(data) % 4)
