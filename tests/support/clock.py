"""A clock that stands still until somebody sleeps; then it jumps."""

from __future__ import annotations

import asyncio
import datetime

from orchestrator.model import Monotonic, Utc

BEGIN = datetime.datetime(2026, 11, 24, 3, 0, tzinfo=datetime.UTC)


class JumpingClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> Monotonic:
        return Monotonic(self.now)

    def utc(self) -> Utc:
        return Utc(BEGIN + datetime.timedelta(seconds=self.now))

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
