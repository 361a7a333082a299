"""`python -m orchestrator.demo.trial LEVEL`: whether namespaces can be all that the demo needs.

Runs inside namespaces like the stage's and does there, in small, what the stage will do.
"""

import asyncio
import os
import subprocess
import sys

from orchestrator.demo import network
from orchestrator.demo.isolate import isolated
from orchestrator.demo.levels import Level
from orchestrator.demo.own_directories import give_own


def main() -> None:
    level = Level(sys.argv[1])
    give_own(("/tmp",))  # noqa: S108 - a mount point
    asyncio.run(_try_network())
    nested = isolated(level.server_namespaces, ["/bin/sh", "-c", "true"])
    sys.exit(subprocess.run(nested, check=False).returncode)


async def _try_network() -> None:
    await network.build()
    await network.plug("trial", os.getpid(), (network.PUBLIC,))


if __name__ == "__main__":
    main()
