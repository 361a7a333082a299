"""What a command line asks of a simulated daemon."""

from collections.abc import Awaitable

from orchestrator.errors import HasysError
from orchestrator.model import ServerName
from orchestrator.playbooks import library
from orchestrator.runtime.order import UNFOLLOWED, Order
from orchestrator.runtime.wishes import Wished, WishKind
from orchestrator.simulation.process import Process


async def ask(process: Process, kind: WishKind, server: str) -> None:
    """A person's command, through the daemon's door; what it is answered stands in the log."""
    steward = process.steward
    if steward is None:
        return
    order = Order(
        group=process.group,
        playbook=library.read(kind.value, process.directory),
        wish=Wished(kind=kind, server=ServerName(server)),
        by="a person",
    )
    await _told(process, kind.value, steward.runs.carry_out(order, UNFOLLOWED))


async def force(process: Process, server: str) -> None:
    """A person answers for it that the other server is dead."""
    steward = process.steward
    if steward is not None:
        await _told(process, "force", steward.force(ServerName(server), UNFOLLOWED))


async def _told(process: Process, what: str, asked: Awaitable[object]) -> None:
    try:
        answer = await asked
    except HasysError as error:
        process.world.note(f"    {what}: {error.message}")
    else:
        for refusal in answer if isinstance(answer, tuple) else ():
            process.world.note(f"    {what} refused: {refusal.evidence}")
