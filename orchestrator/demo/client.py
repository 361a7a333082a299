"""`python -m orchestrator.demo.client`: the demo's client, which asks the service all the time.

Told by the stage when its cable is plugged in and when to stop; answers with what it measured.
"""

import asyncio

from orchestrator.demo import network
from orchestrator.demo.member import listen, say
from orchestrator.demo.outage import OutageClient, http_get

PATIENCE_S = 10.0


def main() -> None:
    say(here="client")
    wish = listen()
    if wish["own_place"]:
        network.set_up_cards("client", (network.PUBLIC,))
    asyncio.run(_measure(wish["address"], wish["port"]))


async def _measure(address: str, port: int) -> None:
    connect = http_get(address, port)
    answer = await _first_answer(address, port)
    client, stop = OutageClient(connect), asyncio.Event()
    measuring = asyncio.create_task(client.run(stop))
    say(answered=answer)
    await asyncio.get_running_loop().run_in_executor(None, listen)
    stop.set()
    say(report=(await measuring).as_json())


async def _first_answer(address: str, port: int) -> str:
    """What is measured is a service that works: wait for it before the measurement begins."""
    connect = http_get(address, port)
    problem: Exception | None = None
    for _ in range(int(PATIENCE_S / 0.1)):
        try:
            async with asyncio.timeout(1.0):
                return await connect()
        except (OSError, ValueError) as error:  # a TimeoutError is an OSError
            problem = error
            await asyncio.sleep(0.1)
    say(failed=f"no answer from {address} port {port}: {problem!r}")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
