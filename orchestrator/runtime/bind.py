"""An order bound to the configuration: the program and the charter of its run.

Used by `operate`, which carries it out, and by `plan`, which foretells it.
"""

import dataclasses

from orchestrator.decision.movement import Movement
from orchestrator.executor.charter import Charter
from orchestrator.model import ControllerId, Epoch, Reason, Refusal, RunId
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.model import Program
from orchestrator.runtime.application import Application
from orchestrator.runtime.order import Order
from orchestrator.store.journal import RunRecord


def program_of(application: Application, order: Order) -> Program:
    """Raises ConfigInvalid when the playbook does not fit the group."""
    return compile_program(
        order.playbook,
        order.group,
        only=order.only,
        variables=application.configuration.variables,
        extra=order.variables,
        selection=order.selection,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """By which a run is known: to people, to the servers, to whom it belongs."""

    run: RunId
    epoch: Epoch
    controller: ControllerId


def charter_of(order: Order, program: Program, movement: Movement, number: Number) -> Charter:
    return Charter(
        run=number.run,
        group=order.group.name,
        playbook=order.playbook.name,
        file=order.playbook.file,
        text=order.playbook.text,
        digest=program.digest,
        source=movement.source,
        target=movement.target,
        epoch=number.epoch,
        controller=number.controller,
        servers=order.group.server_names if order.limit is None else (order.limit,),
        only=tuple(sorted(order.only)),
        variables=order.variables,
        by=order.by,
        files=order.playbook.files,
        selection=order.selection.as_json(),
        basis=program.basis,
        diff=order.diff,
    )


def unfinished_refusal(record: RunRecord) -> Refusal:
    return Refusal(
        reason=Reason.RUN_UNFINISHED,
        evidence=f"run {record.id} ({record.playbook}) has not come to its end",
        advice=f"go on with it: hasys resume {record.id}, or end it: "
        f"hasys resume {record.id} --abandon",
    )
