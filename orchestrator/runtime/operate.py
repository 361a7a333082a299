"""Runs a playbook on a group: may it be done, lock, epoch, charter, run, events.

The same way for start, stop, switchover, a site's own playbook and a resumed run.
"""

from orchestrator.decision.movement import Movement
from orchestrator.decision.roles import GroupStatus
from orchestrator.errors import UsageError
from orchestrator.executor.charter import Charter
from orchestrator.executor.progress import Progress, RunBegun, RunEnded
from orchestrator.executor.reign import highest_known
from orchestrator.executor.run import Run, RunResult
from orchestrator.model import (
    Event,
    Group,
    Refusal,
    RunId,
    Severity,
)
from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import Program
from orchestrator.playbooks.parse import parse
from orchestrator.runtime.application import Application
from orchestrator.runtime.bind import Number, charter_of, program_of, unfinished_refusal
from orchestrator.runtime.edited import amended, not_accepted, notice, seen_changes
from orchestrator.runtime.ground import Ground, OwnGround
from orchestrator.runtime.order import Caller, Order, Site
from orchestrator.runtime.plan import differing
from orchestrator.runtime.run_log import opened_log
from orchestrator.store.journal import RunRecord, RunState
from orchestrator.store.lock import group_lock
from orchestrator.transport import Transport


async def carry_out(
    application: Application, order: Order, caller: Caller, ground: Ground | None = None
) -> RunResult | tuple[Refusal, ...]:
    """Raises Busy when the group is held, ConfigInvalid when the playbook does not fit."""
    group = order.group
    ground = ground or OwnGround(application=application, group=group)
    program = program_of(application, order)
    with ground.held(f"{order.playbook.name} by {order.by}"):
        unfinished = await application.journal.unfinished(group.name)
        if unfinished is not None:
            return (unfinished_refusal(unfinished),)
        async with ground.reach() as transport:
            status = await ground.look(transport)
            movement = order.wish(status)
            if not isinstance(movement, Movement):
                return movement
            site = _site(ground, group, transport, order.by)
            changed = await differing(application, order, program, movement, site)
            if changed is not None:
                return (changed,)
            charter = await _charter(application, order, program, movement, status)
            await application.journal.begin(
                charter.run,
                group.name,
                charter.playbook,
                charter.as_json(),
                application.clock.utc(),
            )
            return await _run(application, site, program, charter, caller)


async def resume(
    application: Application,
    run_id: str,
    caller: Caller,
    accepted: str = "",
    ground: Ground | None = None,
) -> RunResult | tuple[Refusal, ...]:
    """Goes on with a run that was cut. Raises UsageError when there is nothing to go on with.

    `accepted`: the beginning of the digest of a changed program that a person has looked at.
    """
    group = application.group((await unfinished_run(application, run_id)).group)
    ground = ground or OwnGround(application=application, group=group)
    with ground.held(f"resume of {run_id}"):
        # Once more, now that nobody else can go on with it or end it.
        record = await unfinished_run(application, run_id)
        charter = Charter.from_json(record.charter)
        playbook = parse(charter.text, charter.file, Kept(charter.files))
        program = compile_program(
            playbook,
            group,
            only=frozenset(charter.only),
            variables=application.configuration.variables,
            extra=charter.variables,
            selection=Selection.from_json(charter.selection),
        )
        if program.digest != charter.digest:
            refusal = not_accepted(charter, program, accepted)
            if refusal is not None:
                return (refusal,)
            told = f"it goes on although {seen_changes(charter, program)}"
            charter = amended(charter, program)
            await application.journal.amend(charter.run, charter.as_json())
            await _tell(application, charter, "run-amended", Severity.WARNING, told)
        if edited := notice(charter):
            await _tell(application, charter, "playbook-edited", Severity.WARNING, edited)
        async with ground.reach() as transport:
            site = _site(ground, group, transport, charter.by)
            return await _run(application, site, program, charter, caller)


def _site(ground: Ground, group: Group, transport: Transport, by: str) -> Site:
    return Site(
        group=group,
        transport=transport,
        authorise=ground.authorise,
        devices=ground.devices(by),
        foresight=ground.foresight,
    )


async def abandon(application: Application, run_id: str, by: str) -> RunRecord:
    """Ends an unfinished run without doing the rest of it."""
    record = await unfinished_run(application, run_id)
    with group_lock(application.state_directory, record.group, f"abandon {run_id}"):
        await application.journal.mark(
            record.id, RunState.ABANDONED, application.clock.utc(), "abandoned by a person"
        )
    await application.publisher.publish(
        Event(
            at=application.clock.utc(),
            group=record.group,
            kind="run-abandoned",
            severity=Severity.WARNING,
            text=f"{record.playbook} was ended by a person before its end",
            source=by,
            run=record.id,
        )
    )
    return record


async def unfinished_run(application: Application, run_id: str) -> RunRecord:
    """Raises UsageError for a run that is not there or has ended."""
    record = await application.journal.run(RunId(run_id))
    if record is None:
        raise UsageError(f"there is no run {run_id!r}", hint="hasys history lists them")
    if not record.state.is_unfinished:
        raise UsageError(f"run {run_id} has ended: {record.state.value}")
    return record


async def _charter(
    application: Application,
    order: Order,
    program: Program,
    movement: Movement,
    status: GroupStatus,
) -> Charter:
    epoch = await application.identity.draw_epoch(
        order.group.name, above=highest_known(status.view)
    )
    number = Number(run=application.new_run_id(), epoch=epoch, controller=application.controller)
    return charter_of(order, program, movement, number)


async def _run(
    application: Application, site: Site, program: Program, charter: Charter, caller: Caller
) -> RunResult:
    past = await application.journal.steps(charter.run)
    directory, clock = application.state_directory, application.clock
    with opened_log(directory, charter.run, clock) as log:

        def report(progress: Progress) -> None:
            log.note(progress)
            caller.report(progress)

        run = Run(
            charter=charter,
            program=program,
            group=site.group,
            journal=application.journal,
            transport=site.powered(charter.servers),
            authorise=site.authorise,
            clock=clock,
            report=report,
            past=past,
        )
        caller.may_stop(run)
        await _tell(application, charter, "run-started", Severity.INFO, _described(charter))
        report(_begun(charter))
        result = await run.execute()
        report(_ended(result))
    if log.problem:
        await _tell(application, charter, "log-incomplete", Severity.WARNING, log.problem)
    failed = result.state is not RunState.DONE
    await _tell(
        application,
        charter,
        f"run-{result.state.value}",
        Severity.ERROR if failed else Severity.INFO,
        _summary(result),
    )
    return result


async def _tell(
    application: Application, charter: Charter, kind: str, severity: Severity, text: str
) -> None:
    await application.publisher.publish(
        Event(
            at=application.clock.utc(),
            group=charter.group,
            kind=kind,
            severity=severity,
            text=text,
            source=charter.by,
            run=charter.run,
        )
    )


def _described(charter: Charter) -> str:
    match charter.playbook:
        case "switchover":
            where = f"from {charter.source} to {charter.target}"
        case "start":
            where = f"on {charter.target}"
        case _:
            where = f"on {' and '.join(charter.servers)}"
    return f"{charter.playbook} {where}, epoch {charter.epoch}"


def _begun(charter: Charter) -> RunBegun:
    return RunBegun(
        run=charter.run,
        group=charter.group,
        playbook=charter.playbook,
        source=charter.source,
        target=charter.target,
        epoch=charter.epoch,
        by=charter.by,
    )


def _ended(result: RunResult) -> RunEnded:
    failures = {str(server): one.message for server, one in result.failures.items()}
    failures |= {f"refusal {n}": one.evidence for n, one in enumerate(result.refusals, start=1)}
    return RunEnded(state=result.state.value, failures=failures)


def _summary(result: RunResult) -> str:
    if result.refusals:
        return "; ".join(refusal.evidence for refusal in result.refusals)
    failures = "; ".join(f"{server}: {one.message}" for server, one in result.failures.items())
    return failures or f"{result.charter.playbook} {result.state.value}"
