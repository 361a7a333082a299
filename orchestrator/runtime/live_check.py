"""`hasys check --live`: asks both servers what they have, lets each knock at the other, and asks
their fencing devices.
"""

import asyncio
import secrets

from orchestrator.decision.finding import Finding, Weight
from orchestrator.decision.fitness import clock_finding, findings
from orchestrator.model import Group, Network, ServerName
from orchestrator.probes.survey import hear_request, knock_request, survey_request
from orchestrator.runtime.application import Application
from orchestrator.runtime.fencing import device_findings, fencer_of
from orchestrator.transport import Done, Failed, Reply, Request, Transport, Unreachable

FACTS_DEADLINE_S = 10.0


class Unanswered(Exception):
    """A server that did not answer: nothing more can be said of it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


async def check_live(
    application: Application, group: Group
) -> tuple[list[Finding], list[ServerName]]:
    """What is lacking, and which servers did not answer."""
    async with application.reach(group) as transport:
        looks = await asyncio.gather(
            *(_server(application, group, server, transport) for server in group.server_names),
            return_exceptions=True,
        )
        found: list[Finding] = []
        silent: list[ServerName] = []
        for server, look in zip(group.server_names, looks, strict=True):
            if isinstance(look, Unanswered):
                found.append(look.finding)
                silent.append(server)
            elif isinstance(look, BaseException):
                raise look
            else:
                found += look
        if not silent:
            found += await _knocks(group, transport)
    fencer = fencer_of(application, group)
    devices = [
        device_findings(fencer, server, answers=server not in silent)
        for server in group.server_names
    ]
    for wrong in await asyncio.gather(*devices):
        found += wrong
    return found, silent


async def _server(
    application: Application, group: Group, server: ServerName, transport: Transport
) -> list[Finding]:
    await _answer(transport, server, Request(op="ping", deadline_s=FACTS_DEADLINE_S))
    before = application.clock.utc().timestamp()
    done = await _answer(transport, server, survey_request(group, server))
    after = application.clock.utc().timestamp()
    # The server's clock was read somewhere between our two readings.
    offset = done.data["now"] - (before + after) / 2
    uncertain = (after - before) / 2
    surely_off = max(0.0, abs(offset) - uncertain) * (1 if offset > 0 else -1)
    return [*findings(group, server, done.data), *clock_finding(server, surely_off)]


async def _answer(transport: Transport, server: ServerName, request: Request) -> Done:
    match await transport.call(server, request):
        case Done() as done:
            return done
        case Unreachable(message=message):
            raise Unanswered(_error(server, message, "nothing more can be said of it"))
        case Failed(message=message):
            raise Unanswered(_error(server, f"{request.op}: {message}", ""))


async def _knocks(group: Group, transport: Transport) -> list[Finding]:
    """Each heartbeat network in both directions, all at once."""
    first, second = group.server_names
    addresses = await asyncio.gather(*(_facts(transport, server) for server in (first, second)))
    by_server = dict(zip((first, second), addresses, strict=True))
    tries = [
        _knock(network, by_server, sender, receiver, transport)
        for network in group.networks.values()
        if network.heartbeat
        for sender, receiver in ((first, second), (second, first))
    ]
    return [finding for found in await asyncio.gather(*tries) for finding in found]


async def _facts(transport: Transport, server: ServerName) -> dict[str, list[str]]:
    done = await _answer(transport, server, Request(op="facts", deadline_s=FACTS_DEADLINE_S))
    return dict(done.data["addresses"])


async def _knock(
    network: Network,
    addresses: dict[ServerName, dict[str, list[str]]],
    sender: ServerName,
    receiver: ServerName,
    transport: Transport,
) -> list[Finding]:
    device = network.devices[receiver]
    usable = [one for one in addresses[receiver].get(device, []) if not one.startswith("fe80")]
    if not usable:
        what = f"network {network.name}: {device} has no address for heartbeats"
        return [_error(receiver, what, f"ip addr add ADDRESS/PREFIX dev {device}")]
    address, token = usable[0].partition("/")[0], secrets.token_hex(16)
    heard, _ = await asyncio.gather(
        transport.call(receiver, hear_request(address, network.port, token)),
        transport.call(sender, knock_request(address, network.port, token)),
    )
    return _heard(network, sender, receiver, address, heard)


def _heard(
    network: Network, sender: ServerName, receiver: ServerName, address: str, reply: Reply
) -> list[Finding]:
    where = f"network {network.name}: UDP port {network.port} of {address}"
    match reply:
        case Done(data=data) if data["from"] is not None:
            return []
        case Done():
            what = f"{where} is not reachable from {sender}"
            return [_error(receiver, what, "open it in the firewalls between the two")]
        case Failed(message=message) | Unreachable(message=message):
            return [_error(receiver, f"{where}: {message}", "free the port, or choose another")]


def _error(server: ServerName, what: str, advice: str) -> Finding:
    return Finding(server=server, weight=Weight.ERROR, what=what, advice=advice)
