"""What a single value of a group definition may be; a ValueError says what to write instead."""

import ipaddress
import re
from urllib.parse import urlsplit

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def safe_name(name: str) -> str:
    if not SAFE_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} becomes the name of files and units;"
            " write letters, digits, - and _, a letter or digit first, 40 at most"
        )
    return name


def not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write something, or leave the key away")
    return text


def absolute(path: str) -> str:
    if not path.startswith("/") or "//" in path or "/../" in f"{path}/" or "/./" in f"{path}/":
        raise ValueError(f"{path!r} is not a whole path; begin with /, without . and ..")
    return path


def mount_point(path: str) -> str:
    if absolute(path).strip("/") == "":
        raise ValueError("the root file system is not mounted by a group; name another directory")
    return path.rstrip("/")


def address(text: str) -> str:
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length; write e.g. 192.168.1.70/24")
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an address; write e.g. 192.168.1.70/24") from None
    return text


def gateway(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an address; write e.g. 192.168.1.1") from None
    return text


def answering_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    if parts.scheme not in ("tcp", "http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is none of tcp://HOST:PORT, http://HOST/, https://HOST/")
    if parts.scheme == "tcp" and port is None:
        raise ValueError(f"{text!r} has no port; write tcp://HOST:PORT")
    return text


def interface_name(name: str) -> str:
    # The kernel's own limits on names of interfaces.
    if not 1 <= len(name) <= 15 or "/" in name or " " in name or name in (".", ".."):
        raise ValueError(f"{name!r} is not the name of an interface; see: ip link")
    return name


def process_pattern(text: str) -> str:
    try:
        matches_anything = re.compile(text).search("") is not None
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    if matches_anything:
        raise ValueError(f"{text!r} matches every process; write a part of the command line")
    return text


def systemd_unit(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9:_.\\@-]{0,254}", name):
        raise ValueError(f"{name!r} is not the name of a systemd unit")
    return name


def login_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}", name):
        raise ValueError(f"{name!r} is not a login name")
    return name


def mount_options(value: object) -> list[str]:
    options = value.split(",") if isinstance(value, str) else value
    if not isinstance(options, list):
        raise ValueError("must be a list; write [noatime, nodev]")  # noqa: TRY004
    for option in options:
        if not isinstance(option, str) or not re.fullmatch(r"[^\s,]+", option):
            raise ValueError(f"{option!r} is not a mount option")
    return options


def fence_agent(name: str) -> str:
    base = name.rpartition("/")[2]
    if "/" in name:
        absolute(name)
    if not re.fullmatch(r"fence_[A-Za-z0-9][A-Za-z0-9_.-]*", base):
        raise ValueError(f"{name!r} is not a fence agent; write e.g. fence_ipmilan")
    return name


def one_line(text: str) -> str:
    # Options go to the agent as lines: a line break would smuggle in another one.
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line of text, not empty")
    return text


def variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is not the name of an environment variable")
    return name


WATCHDOG_WORDS = ("best", "systemd", "none")


def watchdog(text: str) -> str:
    if text in WATCHDOG_WORDS:
        return text
    if not text.startswith("/dev/"):
        words = ", ".join(WATCHDOG_WORDS)
        raise ValueError(f"{text!r} is no watchdog; write a device, e.g. /dev/watchdog, or {words}")
    return absolute(text)


def drbd_resource(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", name):
        raise ValueError(f"{name!r} is not the name of a DRBD resource; see /etc/drbd.d")
    return name


def volume_group(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}", name) or name in (".", ".."):
        raise ValueError(f"{name!r} is not the name of a volume group; see: vgs")
    return name
