"""The machine, this instant: nothing is written, stopped or waited for.

First by SysRq, which no driver can hold up, but only where this kernel is ours alone: in a
container the key would reset the machine of others. Then by reboot(2), which a container may.
"""

import ctypes
import os

_SYSRQ = "/proc/sysrq-trigger"
_INITIAL_PID_NAMESPACE = 0xEFFFFFFC
"""PROC_PID_INIT_INO: the inode of the namespace that the kernel itself began with."""
_RESTART = 0x01234567


def reset() -> None:
    """Returns only where it may not."""
    if os.stat("/proc/self/ns/pid").st_ino == _INITIAL_PID_NAMESPACE:
        try:
            with open(_SYSRQ, "w") as file:
                file.write("b")
        except OSError:
            pass
    ctypes.CDLL(None, use_errno=True).reboot(_RESTART)
