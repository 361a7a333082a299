"""`serve start|stop|check`: the demo's service where both servers share one process table.

There a pattern would find the other server's processes, too; a pid file in the directory that the
embedded SSH server names in DEMO_ROOT tells them apart. Exit codes as init scripts have them.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

RUNNING, FAILED, STOPPED = 0, 1, 3
PATIENCE_S = 5.0


def main() -> int:
    verb, *options = sys.argv[1:]
    pid_file = Path(os.environ["DEMO_ROOT"]) / "site.pid"
    if verb == "start":
        return _start(pid_file, options)
    if verb == "stop":
        return _stop(pid_file)
    return RUNNING if _pid(pid_file) else STOPPED


def _start(pid_file: Path, options: list[str]) -> int:
    """Returns when it listens: it is its first process then that tells whether it runs."""
    site = Path(__file__).with_name("site.py")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(site), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(0.1)
    if process.poll() is not None:
        return FAILED
    pid_file.write_text(str(process.pid))
    return RUNNING


def _stop(pid_file: Path) -> int:
    pid = _pid(pid_file)
    if pid:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_S
    while _pid(pid_file):
        if time.monotonic() > until:
            return FAILED
        time.sleep(0.01)
    pid_file.unlink(missing_ok=True)
    return RUNNING


def _pid(pid_file: Path) -> int:
    """0: it does not run."""
    try:
        pid = int(pid_file.read_text())
        running = b"site.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return 0
    return pid if running else 0


if __name__ == "__main__":
    sys.exit(main())
