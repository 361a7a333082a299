"""Tells systemd how the daemon is: sd_notify(3), a datagram to the socket that it named."""

import os
import socket


def tell_systemd(state: str) -> None:
    """`READY=1`, `WATCHDOG=1`, `STOPPING=1`; nothing where systemd does not listen."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        try:
            link.sendto(state.encode(), address)
        except OSError:
            return  # a manager that has gone needs no word


def watchdog_interval_s() -> float | None:
    """How often systemd wants to hear of us: half of what it was configured to; None: never."""
    spent = os.environ.get("WATCHDOG_USEC", "")
    return int(spent) / 2_000_000 if spent.isdigit() else None
