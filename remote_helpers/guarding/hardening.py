"""Keeps the guard running where others starve: memory locked, first in line, not to be killed.

What cannot be had is a warning, not a failure.
"""

import contextlib
import ctypes
import gc
import os
import threading
from typing import List

PRIORITY = 10
"""Among real-time processes; kernel threads that matter run higher."""
ASIDE = 1
"""For threads: below the lease clock, above everything that is not real-time, because one of them
may hold the interpreter's lock that the clock waits for."""
STACK_BYTES = 256 * 1024
_CURRENT_AND_FUTURE = 3
_M_ARENA_MAX = -8

_libc = ctypes.CDLL(None, use_errno=True)


def small() -> None:
    """Before threads and most modules: what is locked in memory later is kept small."""
    threading.stack_size(STACK_BYTES)
    with contextlib.suppress(AttributeError):
        _libc.mallopt(_M_ARENA_MAX, 1)


def harden() -> List[str]:
    """Warnings. Called when everything is loaded."""
    warnings = []
    gc.collect()
    with contextlib.suppress(AttributeError):  # another C library keeps nothing back
        _libc.malloc_trim(0)
    if _libc.mlockall(_CURRENT_AND_FUTURE) != 0:
        why = os.strerror(ctypes.get_errno())
        warnings.append("memory is not locked ({}): swapping may stop the guard".format(why))
    try:
        run_first(PRIORITY)
    except OSError as problem:
        warnings.append("no real-time priority ({}): overload may stop it".format(problem.strerror))
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("-1000")
    except OSError as problem:
        warnings.append("the out-of-memory killer may end it ({})".format(problem.strerror))
    return warnings


def run_first(priority: int) -> None:
    """Of the thread that calls; its children run as usual."""
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(priority))
