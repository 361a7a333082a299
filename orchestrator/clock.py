"""The only file that reads a clock or sleeps; everything else is handed a `Clock`."""

import asyncio
import datetime
import time
from typing import Protocol

from orchestrator.model.moment import Monotonic, Utc


class Clock(Protocol):
    """Time as the program sees it; tests and the simulator bring their own."""

    def monotonic(self) -> Monotonic: ...

    def utc(self) -> Utc: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clocks: one for durations, one for people."""

    def monotonic(self) -> Monotonic:
        return Monotonic(time.monotonic())

    def utc(self) -> Utc:
        return Utc(datetime.datetime.now(tz=datetime.UTC))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
