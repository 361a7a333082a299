"""Faults made inside a machine, by programs that run on it. Each has a counterpart that ends it."""

from __future__ import annotations

import enum
from typing import Protocol

from tests.lab.kernel.identity import DATA_DEVICE

CARDS = ("eth0", "eth1")
_FILL = "/lab-fill"
_NAME = DATA_DEVICE.rpartition("/")[2]


class Run(Protocol):
    """Runs a program on the machine that is meant."""

    def __call__(self, *argv: str, timeout_s: float = 30) -> str: ...


class DiskFault(enum.Enum):
    """What is wrong with the data disk."""

    ERROR = "error"
    FLAKY = "flaky"
    HANGING = "hanging"


def break_disk(run: Run, fault: DiskFault, *, good_s: int = 1, bad_s: int = 1) -> None:
    """ERROR: every read and write fails. FLAKY: they fail for `bad_s` of each `good_s + bad_s`
    seconds. HANGING: they neither succeed nor fail.
    """
    if fault is DiskFault.HANGING:
        run(*_dmsetup("suspend --nolockfs --noflush {}"))
    elif fault is DiskFault.ERROR:
        _replace_table(run, "0 $size error")
    else:
        run("modprobe", "dm_flakey")
        _replace_table(run, f"0 $size flakey /dev/ubdb 0 {good_s} {bad_s}")


def mend_disk(run: Run) -> None:
    """What failed meanwhile has failed: whoever uses the disk may have given it up."""
    _replace_table(run, "0 $size linear /dev/ubdb 0")


def fill_disk(run: Run, folder: str) -> None:
    """Not one block of that file system is left, for nobody."""
    script = (
        'fill=${1%/}$2 && free=$(($(stat -f -c "%f * %S" "$1"))) && '
        '{ fallocate -l $((free - free / 16)) "$fill" || true; } && '
        '{ cat /dev/zero >> "$fill.rest" 2>/dev/null || true; } && sync -f "$1"'
    )
    run("sh", "-c", script, "fill", folder, _FILL, timeout_s=120)


def empty_disk(run: Run, folder: str) -> None:
    base = folder.rstrip("/") + _FILL
    run("rm", "-f", base, f"{base}.rest")


def load_processor(run: Run, workers: int) -> None:
    """So many programs that never wait, beside the services."""
    loop = f"for i in $(seq {workers}); do while :; do :; done & done; wait"
    _start_unit(run, "lab-processor", "sh", "-c", loop)


def relieve_processor(run: Run) -> None:
    _stop_unit(run, "lab-processor")


def press_memory(run: Run, leave_mb: int) -> None:
    """Takes memory until no more than this is available, and gives none back."""
    script = f"""
import time
def available():
    for line in open("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
taken = []
while True:
    while (more := available() - {leave_mb}) > 0:
        taken.append(b"x" * (max(1, more // 2) << 20))
    time.sleep(0.2)
"""
    _start_unit(run, "lab-memory", "python3", "-c", script, properties=("OOMScoreAdjust=-1000",))
    waiting = 'until [ "$(awk "/^MemAvailable/{print int(\\$2/1024)}" /proc/meminfo)" '
    waiting += f"-le {leave_mb + 2} ]; do sleep 0.2; done"
    run("sh", "-c", waiting)


def relieve_memory(run: Run) -> None:
    _stop_unit(run, "lab-memory")


def step_clock(run: Run, seconds: float) -> None:
    """The wall clock jumps, forwards or back; monotonic time goes on."""
    script = f"import time; time.clock_settime(0, time.clock_gettime(0) + {seconds})"
    run("python3", "-c", script)


def set_clock(run: Run, now: float) -> None:
    """As good as the way there is fast: some tenths of a second late."""
    run("python3", "-c", f"import time; time.clock_settime(0, {now})")


def starve_watchdog(run: Run, margin_s: int) -> None:
    """Arms the watchdog and never feeds it: the kernel resets the machine after `margin_s`.

    Fails where somebody else holds the watchdog: then stopping that one is the fault.
    """
    script = f"""
import fcntl, struct, time
with open("/dev/watchdog", "wb", buffering=0) as dog:
    fcntl.ioctl(dog, 0xC0045706, struct.pack("i", {margin_s}))  # WDIOC_SETTIMEOUT
    open("/run/lab-watchdog", "w").close()
    while True:
        time.sleep(60)
"""
    _start_unit(run, "lab-watchdog", "python3", "-c", script)
    waiting = "until [ -e /run/lab-watchdog ]; do systemctl -q is-active lab-watchdog || exit 1; "
    run("sh", "-c", f"{waiting} sleep 0.1; done")


def delay(run: Run, milliseconds: int, jitter_ms: int, percent_lost: float) -> None:
    """Everything this machine sends on both networks is late, or lost."""
    for card in CARDS:
        if milliseconds or jitter_ms or percent_lost:
            late = [f"{milliseconds}ms", f"{jitter_ms}ms"] if milliseconds else []
            netem = [*(("delay", *late) if late else ()), "loss", f"{percent_lost}%"]
            run("tc", "qdisc", "replace", "dev", card, "root", "netem", *netem)
        else:
            run("sh", "-c", f"tc qdisc delete dev {card} root 2>/dev/null || true")


def _replace_table(run: Run, table: str) -> None:
    script = (
        "size=$(cat /sys/block/ubdb/size); "
        f"dmsetup suspend --nolockfs --noflush {_NAME} && "
        f'dmsetup load {_NAME} --table "{table}" && dmsetup resume {_NAME}'
    )
    run("sh", "-c", script)


def _dmsetup(command: str) -> list[str]:
    return ["dmsetup", *command.format(_NAME).split()]


def _start_unit(run: Run, unit: str, *argv: str, properties: tuple[str, ...] = ()) -> None:
    set_properties = [f"--property={given}" for given in properties]
    run("systemd-run", "--quiet", f"--unit={unit}", "--collect", *set_properties, *argv)


def _stop_unit(run: Run, unit: str) -> None:
    run(
        "sh",
        "-c",
        f"systemctl kill --signal=KILL {unit} 2>/dev/null; systemctl stop {unit} || true",
    )
