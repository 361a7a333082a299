"""What a command line asks of a simulated daemon."""

from orchestrator.errors import HasysError
from orchestrator.model import ServerName
from orchestrator.playbooks import library
from orchestrator.runtime.order import Caller, Order
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
    try:
        answer = await steward.runs.carry_out(order, Caller(report=_unheard, may_stop=_unheard))
    except HasysError as error:
        process.world.note(f"    {kind.value}: {error.message}")
    else:
        for refusal in answer if isinstance(answer, tuple) else ():
            process.world.note(f"    {kind.value} refused: {refusal.evidence}")


def _unheard(_: object) -> None:
    """Nobody listens to how it goes on."""
