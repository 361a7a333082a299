"""Labs from the shell: `python -m tests.lab KIND up|down`, `python -m tests.lab FAULT SERVER`."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable

from tests.lab import addresses, kinds, programs, registry, rootfs
from tests.lab.interface import Lab, LabDescription, Unsupported

FAULTS: dict[str, Callable[[Lab, str], None]] = {
    "power-off": lambda lab, server: lab.power_off(server),
    "power-on": lambda lab, server: lab.power_on(server),
    "reboot": lambda lab, server: lab.reboot(server),
    "freeze": lambda lab, server: lab.freeze(server),
    "thaw": lambda lab, server: lab.thaw(server),
    "cut-public": lambda lab, server: lab.cut_public(server),
    "join-public": lambda lab, server: lab.join_public(server),
    "cut-heartbeat": lambda lab, server: lab.cut_heartbeat(server),
    "join-heartbeat": lambda lab, server: lab.join_heartbeat(server),
    "isolate": lambda lab, server: lab.isolate(server),
    "join": lambda lab, server: lab.join(server),
    "disk-error": lambda lab, server: lab.disk_error(server),
}
KERNEL_FAULTS = (
    *("panic", "shut-down-and-boot", "starve-watchdog", "clock-right", "disk-mend", "disk-flaky"),
    *("disk-hang", "disk-full", "disk-free", "cpu-load", "cpu-relief"),
    *("memory-pressure", "memory-relief", "cut-public-sending", "cut-public-receiving"),
    *("cut-heartbeat-sending", "cut-heartbeat-receiving", "power-switch-off", "power-switch-on"),
)
"""What only machines with kernels and disks of their own can suffer: methods of their lab."""
VALUES = {"loss": "PERCENT", "delay": "MILLISECONDS", "clock-step": "SECONDS"}
"""Faults that want a number, and what of: `delay=50`."""
_NUMBER = re.compile(r"-?\d{1,9}")
DONE, FAILED, REFUSED, BUSY, NOT_ALLOWED = 0, 1, 3, 75, 77


def main(argv: list[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    fault, _, number = (given or [""])[0].partition("=")
    value = int(number) if fault in VALUES and _NUMBER.fullmatch(number) else None
    if value is not None:
        given[0] = f"{fault}={VALUES[fault]}"
    arguments = _parser().parse_args(given, argparse.Namespace(value=value))
    try:
        arguments.act(arguments)
    except (registry.NoSuchLab, Unsupported, ValueError) as refusal:
        return _say(refusal, REFUSED)
    except registry.LabExists as error:
        return _say(error, BUSY)
    except programs.CannotRun as error:
        return _say(error, NOT_ALLOWED)
    except (RuntimeError, TimeoutError, subprocess.TimeoutExpired) as error:
        return _say(error, FAILED)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--lab", metavar="ID", help="which lab, where several are up")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in kinds.KINDS:
        of_kind = commands.add_parser(kind, help=f"bring a {kind} lab up or down")
        of_kind.set_defaults(kind=kind)
        verbs = of_kind.add_subparsers(required=True, metavar="up|down")
        up = verbs.add_parser("up", parents=[named], help="returns when ssh answers on both")
        up.add_argument("--json", action="store_true", help="describe the lab on standard output")
        up.add_argument("--variant", choices=rootfs.VARIANTS, default="base", help="what is on it")
        up.set_defaults(act=_up)
        verbs.add_parser("down", parents=[named]).set_defaults(act=_down)
    commands.add_parser("down", parents=[named], help="take a lab away").set_defaults(
        act=_down, kind=None
    )
    listed = commands.add_parser("list", help="labs that are up, one a line")
    listed.set_defaults(act=_list)
    valued = [f"{fault}={unit}" for fault, unit in VALUES.items()]
    for fault in (*FAULTS, *KERNEL_FAULTS, *valued):
        of_fault = commands.add_parser(fault, parents=[named], help="a fault on a lab that is up")
        of_fault.add_argument("server", choices=addresses.SERVERS, metavar="SERVER")
        of_fault.set_defaults(act=_fault, fault=fault)
    return parser


def _up(arguments: argparse.Namespace) -> None:
    lab = kinds.up(arguments.kind, arguments.lab, stays=True, variant=arguments.variant)
    if arguments.json:
        print(json.dumps(lab.description.as_json(), indent=2))
    else:
        print(_in_words(lab.description))


def _down(arguments: argparse.Namespace) -> None:
    programs.tell(f"lab {kinds.down(arguments.lab, arguments.kind)!r} is down")


def _list(_: argparse.Namespace) -> None:
    for record in registry.records():
        state = "up" if record.description is not None else "coming up"
        print(f"{record.lab}\t{record.kind}\t{state}")


def _fault(arguments: argparse.Namespace) -> None:
    lab = kinds.attach(arguments.lab)
    fault, _, unit = arguments.fault.partition("=")
    if fault in FAULTS:
        FAULTS[fault](lab, arguments.server)
    elif not unit:
        _method(lab, fault)(arguments.server)
    elif arguments.value is None:
        raise ValueError(f"say how many {unit.lower()}, such as {fault}=20")
    else:
        _method(lab, fault)(arguments.server, arguments.value)


def _method(lab: Lab, fault: str) -> Callable[..., None]:
    method: Callable[..., None] | None = getattr(lab, fault.replace("-", "_"), None)
    if method is None:
        kind = lab.description.kind
        raise Unsupported(f"{fault}: not in a {kind} lab; python -m tests.lab kernel up")
    return method


def _in_words(lab: LabDescription) -> str:
    lines = [f"lab {lab.lab} ({lab.kind}) is up; group {lab.group}, inventory {lab.inventory}"]
    for server in lab.servers:
        ssh = f"ssh -i {server.key} -o UserKnownHostsFile={server.known_hosts}"
        lines.append(f"{server.name}: {ssh} {server.user}@{server.address}")
        lines.append(f"  or as a process of it: {' '.join(server.enter)} COMMAND...")
    lines.append(f"client: {' '.join(lab.client.enter)} COMMAND...")
    lines.append(f"service, once the group is started: {lab.service.url}")
    return "\n".join(lines)


def _say(error: Exception, code: int) -> int:
    programs.tell(str(error))
    for note in getattr(error, "__notes__", ()):
        programs.tell(note)
    return code


if __name__ == "__main__":
    sys.exit(main())
