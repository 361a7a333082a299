"""Start, stop and check of any resource, and whether what runs also answers: `answers: URL`.

A process that is there may serve nobody. Where a resource names `tcp://HOST:PORT` or
`http://HOST:PORT/PATH`, started means: by its own type's check, and it answers there.
"""

import contextlib
import http.client
import socket
import ssl
from typing import Any, Dict, Mapping, Optional
from urllib.parse import urlsplit

from remote_helpers import resources
from remote_helpers.operation import Context, OperationError, prediction, state

Args = Mapping[str, Any]
"""`type`, `name`, `spec`, and `answers`: a URL or null."""

PATIENCE_S = 2.0
"""For one question; a service that takes longer is as good as dead to its clients."""
AGAIN_S = 0.05


def check(context: Context, args: Args) -> Dict[str, Any]:
    seen: Dict[str, Any] = _module(args).check(context, args["name"], args["spec"])
    url = args.get("answers")
    if seen["state"] != "started" or not url:
        return seen
    problem = ask(url, min(PATIENCE_S, context.remaining()))
    if problem is None:
        return seen
    return state("failed", False, "{}, but {}".format(seen["detail"], problem))


def start(context: Context, args: Args) -> Dict[str, Any]:
    """Done when it answers; failed at the deadline, with the last that it said."""
    done: Dict[str, Any] = _module(args).start(context, args["name"], args["spec"])
    url = args.get("answers")
    problem = ask(url, min(PATIENCE_S, context.remaining())) if url else None
    while url and problem is not None:
        if context.remaining() < PATIENCE_S / 4:
            raise OperationError("failed", "{}, but {}".format(done["detail"], problem))
        context.sleep(AGAIN_S)
        problem = ask(url, min(PATIENCE_S, context.remaining()))
    return done


def stop(context: Context, args: Args) -> Dict[str, Any]:
    done: Dict[str, Any] = _module(args).stop(context, args["name"], args["spec"])
    return done


def check_start(context: Context, args: Args) -> Dict[str, Any]:
    """By the type's own check and what its start needs; nothing is tried.

    `as_if`: the state that an earlier step of a plan would have left it in.
    """
    module, name, spec = _module(args), args["name"], args["spec"]
    seen = args.get("as_if") or module.check(context, name, spec)
    if seen["state"] == "started":
        url = args.get("answers")
        problem = ask(url, min(PATIENCE_S, context.remaining())) if url else None
        if problem is None:
            return prediction("nothing", seen["detail"], {**seen, "changed": False})
        return prediction("unknown", "{}, but {}".format(seen["detail"], problem))
    hindrance = module.hindrance(context, "start", spec, seen)
    if hindrance:
        return prediction("fail", hindrance)
    if seen["state"] != "stopped":  # half there: a start may complete it, or be refused
        return prediction("unknown", seen["detail"])
    return prediction("change", seen["detail"])


def check_stop(context: Context, args: Args) -> Dict[str, Any]:
    module, name, spec = _module(args), args["name"], args["spec"]
    seen = args.get("as_if") or module.check(context, name, spec)
    if seen["state"] == "stopped":
        return prediction("nothing", seen["detail"], {**seen, "changed": False})
    hindrance = module.hindrance(context, "stop", spec, seen)
    if hindrance:
        return prediction("fail", hindrance)
    return prediction("change", seen["detail"])


def ask(url: str, patience: float) -> Optional[str]:
    """None: it answers; else what was seen. HTTP: any status below 400, redirects not followed."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "tcp" and port is not None:
        return _connects(host, port, patience)
    if parts.scheme in ("http", "https"):
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        return _serves(parts.scheme, host, port, path, patience)
    raise OperationError("bad-request", "answers: neither tcp://HOST:PORT nor http(s): " + url)


def _connects(host: str, port: int, patience: float) -> Optional[str]:
    try:
        with contextlib.closing(socket.create_connection((host, port), timeout=patience)):
            return None
    except OSError as problem:
        return "nothing answers at tcp://{}:{}: {}".format(host, port, _said(problem))


def _serves(
    scheme: str, host: str, port: Optional[int], path: str, patience: float
) -> Optional[str]:
    where = "{}://{}{}{}".format(scheme, host, ":{}".format(port) if port else "", path)
    if scheme == "https":
        # Whether it serves, not who it is: a local name matches no certificate.
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=patience, context=trusting
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=patience)
    try:
        connection.request("GET", path, headers={"User-Agent": "hasys", "Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        return "nothing answers at {}: {}".format(where, _said(problem))
    finally:
        connection.close()
    return None if status < 400 else "{} answers {}".format(where, status)


def _said(problem: Exception) -> str:
    if isinstance(problem, socket.timeout):
        return "no answer in time"
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__


def _module(args: Args) -> Any:
    module = resources.TYPES.get(args["type"])
    if module is None:
        raise OperationError("bad-request", "no such type of resource: {!r}".format(args["type"]))
    return module
