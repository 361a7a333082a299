"""The machines' power switches: an IPMI device each, as servers have, that really cuts power.

`ipmi_sim` plays the device; what it asks of its chassis comes here as a program:
`python -m tests.lab.kernel.chassis MACHINE-FOLDER get power` and so on.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab import programs
from tests.lab.kernel.machine import Machine
from tests.lab.registry import ProcessMark

USER, PASSWORD, PORT = "hasys", "lab-power", 623
_PROJECT = Path(__file__).parents[3]
_CONFIGURATION = """\
name "{name}"
set_working_mc 0x20
startlan 1
  addr {address} {port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid {guid}
endlan
chassis_control "{control}"
user 1 true "" "" user 10 none md2 md5 straight
user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
"""
_EMULATION = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


class PowerSwitch:
    """The device of one machine; it answers on its own address, whatever the machine does."""

    def __init__(self, machine: Machine, address: str, prefix: Sequence[str]) -> None:
        self.machine = machine
        self.address = address
        self._prefix = prefix
        self._folder = machine.folder / "ipmi"

    def start(self) -> None:
        programs.require_programs({"ipmi_sim": "openipmi"})
        if self._alive():
            return
        self._folder.mkdir(exist_ok=True)
        control = self._folder / "chassis.sh"
        called = [sys.executable, "-m", __name__, str(self.machine.folder)]
        control.write_text(f'#!/bin/sh\ncd {_PROJECT} && exec {shlex.join(called)} "$@"\n')
        control.chmod(0o755)
        configuration = self._folder / "lan.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                name=self.machine.name,
                address=self.address,
                port=PORT,
                guid=self.machine.name.encode().hex().ljust(32, "0"),
                control=control,
                user=USER,
                password=PASSWORD,
            )
        )
        emulation = self._folder / "sim.emu"
        emulation.write_text(_EMULATION)
        command = ["ipmi_sim", "-n", "-c", str(configuration), "-f", str(emulation)]
        self._start_program([*self._prefix, *command, "-s", str(self._folder)])

    def stop(self) -> None:
        """A dead device: whoever asks it gets no answer at all."""
        mark = self._recorded()
        if mark is not None and mark.alive():
            os.kill(mark.pid, signal.SIGKILL)

    def _alive(self) -> bool:
        mark = self._recorded()
        return mark is not None and mark.alive()

    def _start_program(self, argv: Sequence[str]) -> None:
        with (self._folder / "log").open("ab") as output:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        process.returncode = 0  # it outlives this process; nobody waits for it
        mark = ProcessMark.of(process.pid)
        (self._folder / "process").write_text(f"{mark.pid} {mark.started}" if mark else "")

    def _recorded(self) -> ProcessMark | None:
        try:
            fields = (self._folder / "process").read_text().split()
        except FileNotFoundError:
            return None
        return ProcessMark(int(fields[0]), int(fields[1])) if fields else None


def main(folder: str, verb: str, what: str, *value: str) -> int:
    """What ipmi_sim asks: `get power`, `set power 0|1`, `set reset 1`; other things it need not."""
    machine = Machine(Path(folder))
    if verb == "get":
        print(f"{what}:{int(machine.is_on()) if what == 'power' else 0}")
    elif (what, *value) == ("power", "1"):
        machine.power_on()
    elif what == "power":
        machine.power_off()
    elif what == "reset":
        machine.power_off()
        machine.power_on()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
