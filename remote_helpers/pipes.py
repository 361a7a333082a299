"""A child's standard input, output and error, fed and read without ever blocking."""

import contextlib
import os
import select
import subprocess
import time
from typing import Dict


class Streams:
    """The three pipes of a child, read and fed without ever blocking."""

    def __init__(self, process: "subprocess.Popen[bytes]", stdin: str, output_limit: int) -> None:
        self._limit = output_limit
        self._kept = {1: bytearray(), 2: bytearray()}
        self.truncated = False
        self._open: Dict[int, int] = {}
        self._files = [process.stdin, process.stdout, process.stderr]
        for number, file in ((1, process.stdout), (2, process.stderr)):
            if file is not None:
                os.set_blocking(file.fileno(), False)
                self._open[file.fileno()] = number
        self._input = memoryview(stdin.encode("utf-8", "surrogateescape"))
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)

    @property
    def is_closed(self) -> bool:
        """The child has let go of all of them: most often because it is ending right now."""
        return not self._open and self._files[0] is None

    def wait(self, seconds: float) -> None:
        """Move what can be moved; returns early only when something could."""
        if self.is_closed:
            time.sleep(seconds)
            return
        writers = [] if self._files[0] is None else [self._files[0]]
        poller = select.poll()  # select() cannot take descriptors above 1023
        for descriptor in self._open:
            poller.register(descriptor, select.POLLIN)
        for file in writers:
            poller.register(file.fileno(), select.POLLOUT)
        for descriptor, _ in poller.poll(max(1, int(seconds * 1000))):
            if descriptor in self._open:
                self._read(descriptor)
            else:
                self._write(descriptor)

    def _read(self, descriptor: int) -> bool:
        """False when there is nothing more to read now."""
        try:
            data = os.read(descriptor, 65536)
        except BlockingIOError:
            return False
        number = self._open[descriptor]
        if not data:
            del self._open[descriptor]
            return False
        room = self._limit - len(self._kept[number])
        self._kept[number] += data[:room] if room > 0 else b""
        self.truncated = self.truncated or len(data) > room
        return True

    def _write(self, descriptor: int) -> None:
        try:
            self._input = self._input[os.write(descriptor, self._input) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it did not want all of it
            self._input = self._input[:0]
        if not self._input:
            self._close_input()

    def _close_input(self) -> None:
        file, self._files[0] = self._files[0], None
        if file is not None:
            file.close()

    def finish(self) -> bool:
        """Take what is in the pipes now and close them; True: somebody still held one."""
        for descriptor in list(self._open):
            rounds = 0
            while rounds < 64 and self._read(descriptor):  # a pipe holds 64 KiB: 1 MiB is plenty
                rounds += 1
        held = bool(self._open)
        for file in self._files:
            if file is not None:
                with contextlib.suppress(BrokenPipeError):
                    file.close()
        return held

    def text(self, number: int) -> str:
        return bytes(self._kept[number]).decode("utf-8", "replace")
