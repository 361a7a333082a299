"""What the agents say about the devices that people wrote: all problems, each at its place.

Called by `hasys check`, and by whoever takes a new configuration into use.
"""

import asyncio

from orchestrator.config.configuration import Configuration
from orchestrator.config.problems import Path, Problems, did_you_mean
from orchestrator.fencing.agents import Agents, NotUsable
from orchestrator.fencing.metadata import Metadata
from orchestrator.fencing.secrets import NotReadable, read
from orchestrator.model import FenceDevice, GroupName, Secret

NEEDED = ("off", "status")


async def check_devices(configuration: Configuration, agents: Agents) -> None:
    """Raises ConfigInvalid."""
    problems = Problems()
    await asyncio.gather(
        *(
            _Check(configuration, name, ("fencing", server, number), problems).run(device, agents)
            for name, group in configuration.groups.items()
            for server, devices in group.fencing.items()
            for number, device in enumerate(devices)
        )
    )
    problems.raise_if_any()


class _Check:
    def __init__(
        self, configuration: Configuration, group: GroupName, path: Path, problems: Problems
    ) -> None:
        self._place = configuration.places[group]
        self._path = path
        self._problems = problems

    async def run(self, device: FenceDevice, agents: Agents) -> None:
        for name, value in device.options.items():
            if isinstance(value, Secret):
                self._secret(name, value, agents)
        try:
            metadata = await agents.metadata(device.agent)
        except NotUsable as problem:
            self._add("agent", str(problem), "")
            return
        if metadata.on_target:
            hint = "choose a device that the controller reaches"
            self._add("agent", f"{device.agent} works only on the server that it fences", hint)
        elif lacking := [name for name in NEEDED if name not in metadata.actions]:
            what = f"{device.agent} has no action {' and no action '.join(lacking)}"
            self._add("agent", what, "a server counts as off when it was told and read back")
        else:
            self._options(device, metadata)

    def _options(self, device: FenceDevice, metadata: Metadata) -> None:
        for name, value in device.options.items():
            parameter = metadata.parameters.get(name)
            if parameter is None:
                known = [one.name for one in metadata.parameters.values() if not one.deprecated]
                what = f"{device.agent} has no option {name}"
                self._add(name, what, did_you_mean(name, known))
            elif isinstance(value, str) and (complaint := parameter.complaint(value)):
                self._add(name, complaint, f"{device.agent} -o metadata describes it")
        for name in metadata.missing(frozenset(device.options)):
            self._add("agent", f"{device.agent} needs the option {name}", f"write {name}: VALUE")

    def _secret(self, name: str, secret: Secret, agents: Agents) -> None:
        try:
            read(secret, agents.variables)
        except NotReadable as problem:
            self._add(name, str(problem), "")

    def _add(self, option: str, message: str, hint: str) -> None:
        path = (*self._path, option)
        self._problems.add(self._place(path), message, path=path, hint=hint)
