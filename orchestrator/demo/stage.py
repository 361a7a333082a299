"""`python -m orchestrator.demo.stage LEVEL LIFELINE LOG`: the process all others of the demo
come from, in namespaces where there are any.

Started by `run`. It is switch and controller; whatever ends it, nothing of the demo is left.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from orchestrator.demo import story
from orchestrator.demo.host import install_site
from orchestrator.demo.isolate import adopt_orphans
from orchestrator.demo.levels import Level
from orchestrator.demo.member import DemoFailed
from orchestrator.demo.own_directories import give_own
from orchestrator.demo.servers import Builder, Servers
from orchestrator.demo.settings import StageSettings
from orchestrator.demo.story import Story
from orchestrator.demo.terminal import complain, show

FOLDER = Path("/tmp/hasys-demo")  # noqa: S108 - in a /tmp of its own
INTERRUPTED = 130


def main() -> None:
    settings = StageSettings.from_arguments(sys.argv[1:])
    code = 1
    try:
        with _folder(settings.level) as folder:
            code = asyncio.run(_perform(settings, folder))
    except (asyncio.CancelledError, BrokenPipeError):  # nobody looks any more
        code = INTERRUPTED
    except DemoFailed as error:
        _fail(settings, str(error))
    except Exception as error:  # noqa: BLE001 - no traceback may reach a person: it is in the log
        _fail(settings, f"{type(error).__name__}: {error}")
    os._exit(code)  # threads of a cancelled demo may wait for something that never comes


@contextlib.contextmanager
def _folder(level: Level) -> Iterator[Path]:
    """What the demo writes; gone with its end."""
    if level.has_namespaces:
        give_own(("/tmp",))  # noqa: S108 - a mount point
        FOLDER.mkdir(mode=0o700)
        yield FOLDER
        return
    adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="hasys-demo-"))
    try:
        yield folder
    finally:
        _end_descendants()
        shutil.rmtree(folder, ignore_errors=True)


async def _perform(settings: StageSettings, folder: Path) -> int:
    lifeline = _Lifeline(settings.lifeline)
    lifeline.watch()
    telling = Story(settings.level, folder, os.environ)
    if settings.level is Level.LOOPBACK:
        _install_site(folder / "site")
    builder = Builder(settings.level, folder, settings.log)
    try:
        servers = await builder.servers()
        await telling.begin(servers)
        client = await builder.client(servers.service)
        report = await telling.move(client, servers.service)
        story.judge(report)
        telling.end(report, keeps=settings.keep)
        if settings.keep:
            await _keep(settings, folder, servers, lifeline)
    finally:
        await builder.end()
    show(report.line())
    return 0


def _install_site(folder: Path) -> None:
    here = Path(__file__).parent
    install_site(folder, (here / "site_control.py").read_text(), "site_control.py")
    shutil.copy(here / "site.py", folder)


async def _keep(
    settings: StageSettings, folder: Path, servers: Servers, lifeline: "_Lifeline"
) -> None:
    show(story.keep_hint(settings.level, folder, lifeline.outer_pid, servers))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


class _Lifeline:
    """Cancels the stage when the process that a person sees has ended, however that was."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.outer_pid: int | None = None
        """By which the machine knows the first process in the stage's namespaces."""

    def watch(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker
        self._task = task
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        said = os.read(self._descriptor, 64)
        if said:
            self.outer_pid = int(said)
            return
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self._task.cancel()


def _end_descendants() -> None:
    """Without a PID namespace nobody else does it; those that lost their parent are ours."""
    while children := _children(os.getpid()):
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return found


def _fail(settings: StageSettings, text: str) -> None:
    os.write(settings.log, traceback.format_exc().encode())
    complain(f"\nthe demo failed: {text}")


if __name__ == "__main__":
    main()
