"""One device: a question or an order to its agent, and what the answer means.

Called by `fencer`. The exit codes are those of FenceAgentAPI: off and on 0; status 0 (on), 2 (off);
monitor 0; everything else means that the device cannot tell.
"""

import asyncio
import re
from collections.abc import Mapping

from orchestrator.clock import Clock
from orchestrator.fencing.agents import Agents, NotUsable
from orchestrator.fencing.outcome import Action, Attempt, Power, Reading
from orchestrator.fencing.program import Ended, NotStarted, run
from orchestrator.fencing.secrets import NotReadable, resolve, without
from orchestrator.model import FenceDevice

STAMP = re.compile(r"^[\d-]+ [\d:,]+ (ERROR|WARNING|INFO): ")
LONGEST_WORDS = 300
PLACES = ("ip", "ipaddr", "plug", "port", "systems_uri")
"""Options that tell a person which device is meant."""
ALL_IS_WELL: Mapping[tuple[Action, int], str] = {
    (Action.OFF, 0): "it says that it switched off",
    (Action.ON, 0): "it says that it switched on",
    (Action.STATUS, 0): "it is on",
    (Action.STATUS, 2): "it is off",
    (Action.MONITOR, 0): "it answers",
}


def name_of(device: FenceDevice) -> str:
    places = [str(device.options[name]) for name in PLACES if name in device.options]
    return " ".join([device.agent.rpartition("/")[2], *places])


class Device:
    def __init__(self, device: FenceDevice, agents: Agents, clock: Clock) -> None:
        self.settings = device
        self.name = name_of(device)
        self._agents = agents
        self._clock = clock

    async def ask(self, action: Action) -> tuple[Attempt, int | None]:
        """What was seen, and the exit code; None: none came in time, or it could not be asked."""
        begun = self._clock.monotonic()
        code: int | None = None
        sent = False
        try:
            ended, hidden = await self._run(action)
        except (NotUsable, NotReadable, NotStarted) as problem:
            done, saw = False, str(problem)
        else:
            sent, code = True, ended.code
            done, saw = self._meaning(action, ended, hidden)
        attempt = Attempt(
            device=self.name,
            level=self.settings.level,
            action=action,
            sent=sent,
            done=done,
            saw=saw,
            took_s=self._clock.monotonic() - begun,
        )
        return attempt, code

    async def read(self) -> Reading:
        attempt, code = await self.ask(Action.STATUS)
        power = {0: Power.ON, 2: Power.OFF}.get(-1 if code is None else code, Power.UNKNOWN)
        return Reading(power=power, attempt=attempt)

    async def _run(self, action: Action) -> tuple[Ended, list[str]]:
        """Raises NotUsable, NotReadable or NotStarted: then nothing was sent."""
        begun, timeout_s = self._clock.monotonic(), self.settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s):  # files may lie on a disk that hangs
                program, options, hidden = await asyncio.to_thread(self._prepared)
        except TimeoutError:
            raise NotReadable(f"agent and secrets cannot be read within {timeout_s:g} s") from None
        lines = [f"{name}={value}\n" for name, value in options.items()]
        ended = await run(
            program,
            told="".join([*lines, f"action={action.value}\n"]),
            deadline_s=timeout_s - (self._clock.monotonic() - begun),
            environment=self._agents.environment,
        )
        return ended, hidden

    def _prepared(self) -> tuple[str, dict[str, str], list[str]]:
        options, hidden = resolve(self.settings, self._agents.variables)
        return self._agents.program(self.settings.agent), options, hidden

    def _meaning(self, action: Action, ended: Ended, hidden: list[str]) -> tuple[bool, str]:
        if ended.code is None:
            return False, f"timed out after {self.settings.timeout_s:g} s"
        if (action, ended.code) in ALL_IS_WELL:
            return True, ALL_IS_WELL[action, ended.code]
        words = without(_last_words(ended), hidden) or f"exit code {ended.code}, without a word"
        return False, words


def _last_words(ended: Ended) -> str:
    """The agent's last error; the rest of its output is about its own workings."""
    lines = [line.strip() for line in f"{ended.stdout}\n{ended.stderr}".splitlines()]
    lines = [line for line in lines if line]
    errors = [line for line in lines if "ERROR" in line] or lines
    return STAMP.sub("", errors[-1])[:LONGEST_WORDS] if errors else ""
