"""What the demo's first process hands to the stage, as arguments."""

import argparse
import dataclasses
from collections.abc import Sequence

from orchestrator.demo.levels import Level


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    level: Level
    lifeline: int
    """Read end of a pipe whose other end the first process holds: its end is the stage's end."""
    log: int
    """A file without a name: what servers and client say to nobody."""
    keep: bool = False

    def as_arguments(self) -> list[str]:
        arguments = [self.level.value, str(self.lifeline), str(self.log)]
        return [*arguments, "--keep"] if self.keep else arguments

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> "StageSettings":
        parser = argparse.ArgumentParser()
        parser.add_argument("level", type=Level)
        parser.add_argument("lifeline", type=int)
        parser.add_argument("log", type=int)
        parser.add_argument("--keep", action="store_true")
        return cls(**vars(parser.parse_args(arguments)))
