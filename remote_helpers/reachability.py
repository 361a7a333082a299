"""Whether a datagram from the peer arrives: `port.hear` on one server, `port.knock` on the other.

For `hasys check --live`: heartbeats go over UDP, and a firewall between two servers shows only when
somebody knocks. Both are asked at once; the one that knocks goes on until its time is over, so it
does not matter which of them begins.
"""

import socket
import time
from typing import Any, Dict, Mapping

from remote_helpers.operation import Context, OperationError

KNOCK_EVERY_S = 0.05
LARGEST = 256


def hear(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """Waits for `token` on `port`; `from` is null when it did not come within `seconds`.

    A port that somebody else listens on already is `busy`: then it is that one who is asked.
    """
    token = str(args["token"]).encode()
    until = time.monotonic() + min(float(args["seconds"]), context.remaining())
    with _socket(str(args["address"])) as listener:
        try:
            listener.bind((str(args["address"]), int(args["port"])))
        except OSError as problem:
            message = "cannot listen on {} port {}: {}"
            raise OperationError(
                "busy", message.format(args["address"], args["port"], problem.strerror)
            ) from problem
        while time.monotonic() < until:
            context.proceed()
            listener.settimeout(min(0.1, max(0.001, until - time.monotonic())))
            try:
                heard, sender = listener.recvfrom(LARGEST)
            except socket.timeout:
                continue
            if heard == token:
                return {"from": sender[0]}
    return {"from": None}


def knock(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """Sends `token` to the peer's address and port until `seconds` are over."""
    token = str(args["token"]).encode()
    until = time.monotonic() + min(float(args["seconds"]), context.remaining())
    sent, problem = 0, ""
    with _socket(str(args["address"])) as knocker:
        while time.monotonic() < until:
            try:
                knocker.sendto(token, (str(args["address"]), int(args["port"])))
                sent += 1
            except OSError as error:
                problem = error.strerror or str(error)
            context.sleep(KNOCK_EVERY_S)
    return {"sent": sent, "problem": problem}


def _socket(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
