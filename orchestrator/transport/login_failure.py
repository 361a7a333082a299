"""Turns what an attempt to log in raised into its kind, what was seen, and what to do."""

import errno
import socket

import asyncssh

from orchestrator.model import Login
from orchestrator.transport.base import UnreachableKind

Why = tuple[UnreachableKind, str]


def why_no_login(problem: Exception, login: Login, key_problem: str | None) -> Why:
    """`key_problem`: what was wrong with the host key, if that was it."""
    if key_problem is not None:
        return UnreachableKind.HOST_KEY, key_problem
    if isinstance(problem, OSError):
        return _no_connection(problem, login)
    key = login.key_file or "the keys of ~/.ssh and the agent"
    kind, what = UnreachableKind.CONNECTION_LOST, f"while logging in: {problem}"
    match problem:
        case asyncssh.ChannelOpenError(code=asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED):
            what = (
                "AllowTcpForwarding of its sshd, or the key's line in authorized_keys, forbids it"
            )
            kind = UnreachableKind.FORWARDING
        case asyncssh.ChannelOpenError():
            kind, what = UnreachableKind.NO_ROUTE, f"the peer cannot connect to it: {problem}"
        case asyncssh.HostKeyNotVerifiable():
            kind, what = UnreachableKind.HOST_KEY, str(problem)
        case asyncssh.PermissionDenied():
            what = f"{login.user} may not log in with {key}: {problem}"
            kind, what = UnreachableKind.LOGIN, f"{what}; `hasys authorize` prints what it needs"
        case asyncssh.KeyImportError() | asyncssh.KeyEncryptionError():
            kind, what = UnreachableKind.LOGIN, f"cannot use {key}: {problem}"
        case _:
            pass
    return kind, what


def _no_connection(problem: OSError, login: Login) -> Why:
    kind, what = UnreachableKind.CONNECTION_LOST, f"while logging in: {problem}"
    match problem:
        case TimeoutError():
            what = f"no connection within {login.connect_timeout_s:g} s; off, frozen or cut off?"
            kind = UnreachableKind.TIMED_OUT
        case socket.gaierror():
            kind, what = UnreachableKind.NAME_UNKNOWN, f"{problem.strerror}; check ansible_host"
        case ConnectionRefusedError():
            kind = UnreachableKind.REFUSED
            what = "nothing listens there; is sshd up, the port right?"
        case OSError() if problem.filename is not None:
            kind = UnreachableKind.LOGIN
            what = f"cannot read {problem.filename}: {problem.strerror}"
        case OSError() if problem.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            kind, what = UnreachableKind.NO_ROUTE, str(problem)
        case _:
            pass
    return kind, what
