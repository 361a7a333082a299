"""A kernel lab that is up: power, networks, disks, load, clocks, watchdogs."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Sequence

from tests.lab import programs, teardown
from tests.lab.interface import LabDescription
from tests.lab.kernel import build, console, faults, link
from tests.lab.kernel.build import Parts
from tests.lab.kernel.chassis import PowerSwitch
from tests.lab.kernel.faults import DiskFault
from tests.lab.kernel.machine import Machine
from tests.lab.network import HEARTBEAT, PUBLIC, Direction
from tests.lab.registry import LabRecord

RESET_DEADLINE_S = 30.0


class KernelLab:
    """A handle on a lab that is up; any process may hold one, all state is in the lab itself."""

    def __init__(self, record: LabRecord) -> None:
        self.record = record
        self.parts = Parts(record)
        self.network = self.parts.network
        self.description: LabDescription = self.parts.description()

    def down(self) -> None:
        teardown.remove(self.record)

    # -- power --------------------------------------------------------------------------------

    def power_off(self, server: str) -> None:
        """The plug is pulled: what was not written to a disk is lost."""
        link.close(self.machine(server))
        self.machine(server).power_off()

    def power_on(self, server: str) -> None:
        """The same disks, a new boot; returns when ssh answers."""
        if not self.powered(server):
            self.machine(server).power_on()
            link.wait_for_login(self.machine(server))

    def powered(self, server: str) -> bool:
        return self.machine(server).is_on()

    def power_switch(self, server: str) -> PowerSwitch:
        """The machine's IPMI device, which fence agents talk to."""
        return self.parts.power_switch(server)

    def power_switch_off(self, server: str) -> None:
        """The device does not answer any more; the machine runs on."""
        self.power_switch(server).stop()

    def power_switch_on(self, server: str) -> None:
        self.power_switch(server).start()

    def reboot(self, server: str) -> None:
        """A reset, not an orderly shutdown; returns when ssh answers again."""
        if self.machine(server).is_frozen():  # no kernel runs there that could reset itself
            self.power_off(server)
        if not self.powered(server):
            self.power_on(server)
            return
        before = self.machine(server).life()
        link.close(self.machine(server))
        console.tell(self.machine(server).control, "sysrq b")
        self.wait_for_next_boot(server, before)

    def shut_down_and_boot(self, server: str) -> None:
        """Orderly: services are stopped and disks written; returns when ssh answers again."""
        before = self.machine(server).life()
        self._run_and_lose(server, "systemctl", "reboot")
        link.close(self.machine(server))
        self.wait_for_next_boot(server, before)

    def panic(self, server: str) -> None:
        """Its kernel panics. The machine stays off then: user-mode-linux does not start again."""
        link.close(self.machine(server))
        console.tell(self.machine(server).control, "sysrq c")
        self.machine(server).wait_until_off()
        self.machine(server).power_off()  # what is left of it

    def freeze(self, server: str) -> None:
        """Nothing runs and nothing answers, as with a hung machine; it goes on after `thaw`."""
        self.machine(server).freeze()

    def thaw(self, server: str) -> None:
        self.machine(server).thaw()

    def wait_for_next_boot(self, server: str, before: int | None) -> None:
        """`before`: the machine's `life` that is to end. Returns when ssh answers after it."""
        machine = self.machine(server)
        until = time.monotonic() + RESET_DEADLINE_S
        while machine.life() in (None, before):
            if time.monotonic() > until:
                raise TimeoutError(f"{server} was not reset:\n{machine.said()}")
            time.sleep(0.01)
        link.wait_for_login(machine)

    # -- networks -----------------------------------------------------------------------------

    def cut_public(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.cut(PUBLIC, self._known(server), direction)

    def join_public(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.join(PUBLIC, self._known(server), direction)

    def cut_heartbeat(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.cut(HEARTBEAT, self._known(server), direction)

    def join_heartbeat(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.join(HEARTBEAT, self._known(server), direction)

    def cut_public_sending(self, server: str) -> None:
        """One way only; `join_public` ends it, as the next three by their own."""
        self.cut_public(server, Direction.SENDING)

    def cut_public_receiving(self, server: str) -> None:
        self.cut_public(server, Direction.RECEIVING)

    def cut_heartbeat_sending(self, server: str) -> None:
        self.cut_heartbeat(server, Direction.SENDING)

    def cut_heartbeat_receiving(self, server: str) -> None:
        self.cut_heartbeat(server, Direction.RECEIVING)

    def isolate(self, server: str) -> None:
        self.cut_public(server)
        self.cut_heartbeat(server)

    def join(self, server: str) -> None:
        """Ends every cut and loss of this server; not its delay, which the machine itself makes."""
        self.join_public(server)
        self.join_heartbeat(server)
        self.loss(server, 0)

    def loss(self, server: str, percent: int) -> None:
        """On both networks, in each direction."""
        for network in (PUBLIC, HEARTBEAT):
            self.network.loss(network, self._known(server), percent)

    def delay(
        self, server: str, milliseconds: int, jitter_ms: int = 0, percent_lost: float = 0
    ) -> None:
        """On both networks, for what it sends; 0 ends it."""
        faults.delay(self._inside(server), milliseconds, jitter_ms, percent_lost)

    # -- disks --------------------------------------------------------------------------------

    def disk_error(self, server: str, fault: DiskFault = DiskFault.ERROR) -> None:
        """On the data disk, under DRBD."""
        faults.break_disk(self._inside(server), fault)

    def disk_flaky(self, server: str) -> None:
        """One second good, one second bad."""
        self.disk_error(server, DiskFault.FLAKY)

    def disk_hang(self, server: str) -> None:
        """Reads and writes neither succeed nor fail."""
        self.disk_error(server, DiskFault.HANGING)

    def disk_mend(self, server: str) -> None:
        faults.mend_disk(self._inside(server))

    def disk_full(self, server: str, folder: str = "/") -> None:
        faults.fill_disk(self._inside(server), folder)

    def disk_free(self, server: str, folder: str = "/") -> None:
        faults.empty_disk(self._inside(server), folder)

    # -- load, clock, watchdog ----------------------------------------------------------------

    def cpu_load(self, server: str, workers: int = 8) -> None:
        faults.load_processor(self._inside(server), workers)

    def cpu_relief(self, server: str) -> None:
        faults.relieve_processor(self._inside(server))

    def memory_pressure(self, server: str, leave_mb: int = 24) -> None:
        faults.press_memory(self._inside(server), leave_mb)

    def memory_relief(self, server: str) -> None:
        faults.relieve_memory(self._inside(server))

    def clock_step(self, server: str, seconds: float) -> None:
        """The wall clock jumps, forwards or back."""
        faults.step_clock(self._inside(server), seconds)

    def clock_right(self, server: str) -> None:
        faults.set_clock(self._inside(server), time.time())

    def starve_watchdog(self, server: str, margin_s: int = 5) -> None:
        """The machine resets itself after that; `wait_for_next_boot` waits for it."""
        faults.starve_watchdog(self._inside(server), margin_s)

    # -- running ------------------------------------------------------------------------------

    def run(self, server: str, argv: Sequence[str], timeout_s: float = 30) -> str:
        """Works whatever network is cut, while the machine runs and its sshd does."""
        return programs.run([*self.parts.enter(server), *argv], timeout_s=timeout_s)

    def shell(self, server: str, script: str, timeout_s: float = 30) -> str:
        """The same for a few commands at once: each way there costs tenths of a second."""
        return self.run(server, ["sh", "-ec", script], timeout_s)

    def machine(self, server: str) -> Machine:
        return self.parts.machine(server)

    # -- parts --------------------------------------------------------------------------------

    def _known(self, server: str) -> str:
        return self.machine(server).name

    def _inside(self, server: str) -> faults.Run:
        def run(*argv: str, timeout_s: float = 30) -> str:
            return self.run(server, argv, timeout_s)

        return run

    def _run_and_lose(self, server: str, *argv: str) -> None:
        """For programs that end the connection they came by."""
        with contextlib.suppress(programs.ProgramFailed, subprocess.TimeoutExpired):
            self.run(server, argv, timeout_s=3)


def up(record: LabRecord, variant: str = "base") -> KernelLab:
    """See `tests.lab.kinds.Kind`. `variant`: of the root tree, see `tests.lab.rootfs`."""
    lab = KernelLab(record)
    build.build(lab.parts, variant)
    build.boot(lab.parts)
    return lab


def attach(record: LabRecord) -> KernelLab:
    """See `tests.lab.kinds.Kind`."""
    return KernelLab(record)
