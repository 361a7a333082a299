"""The embedded SSH server gives each server's helper a directory of its own."""

import json
from collections.abc import AsyncIterator

import pytest

from orchestrator.demo.embedded_ssh import _in_own_directory

HELPER = b"any bytes\nat all\x00"
REQUEST = b'{"id": 1, "op": "poll"}\n'


async def cut(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 7, 20, 10_000])
async def test_the_settings_name_the_directory_however_the_bytes_arrive(size):
    settings = b'{"digest": "d", "state_directory": "/var/lib/hasys"}\n'
    sent = b"%d\n" % len(HELPER) + HELPER + settings + REQUEST

    received = b"".join([chunk async for chunk in _in_own_directory(cut(sent, size), "/x/linux1")])

    head, helper = b"%d\n" % len(HELPER), len(HELPER)
    assert received.startswith(head + HELPER)
    changed, _, rest = received[len(head) + helper :].partition(b"\n")
    assert json.loads(changed) == {"digest": "d", "state_directory": "/x/linux1"}
    assert rest == REQUEST
