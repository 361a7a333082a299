"""What a command would do now: foretold, kept under its digest, compared when it is carried out.

Called by `cli`; and by `operate`, where a run was ordered with the digest of a plan.
"""

from orchestrator.decision.movement import Movement
from orchestrator.errors import UsageError
from orchestrator.executor.authority import Foresight
from orchestrator.executor.plan import Plan, Recorder, changes, lines_of
from orchestrator.executor.rehearsal import rehearse
from orchestrator.model import Epoch, Reason, Refusal, RunId
from orchestrator.playbooks.model import Program
from orchestrator.runtime.application import Application
from orchestrator.runtime.bind import Number, charter_of, program_of, unfinished_refusal
from orchestrator.runtime.fencing import OwnDevices
from orchestrator.runtime.observe import observe
from orchestrator.runtime.order import Order, Site
from orchestrator.transport.read_only import ReadOnlyTransport

LEAST_DIGEST = 8
"""Characters of a digest that a person must give at least."""
SHOWN = 12
"""Characters of a digest that people are shown; enough to name it."""
MOST_SHOWN = 20


async def foresee(
    application: Application, order: Order, foresight: Foresight | None = None
) -> Plan | tuple[Refusal, ...]:
    """Raises ConfigInvalid when the playbook does not fit. It cannot change a server."""
    program = program_of(application, order)
    unfinished = await application.journal.unfinished(order.group.name)
    if unfinished is not None:
        return (unfinished_refusal(unfinished),)
    devices = OwnDevices(application=application, group=order.group, by=order.by)
    async with application.reach(order.group) as transport:
        asking = ReadOnlyTransport(transport)
        status = await observe(application, order.group, asking)
        movement = order.wish(status)
        if not isinstance(movement, Movement):
            return movement
        site = Site(
            group=order.group,
            transport=asking,
            authorise=None,
            devices=devices,
            foresight=foresight,
        )
        plan = await foretold(application, order, program, movement, site)
    await application.plans.keep(
        plan.digest, order.group.name, lines_of(plan), application.clock.utc()
    )
    return plan


async def foretold(
    application: Application,
    order: Order,
    program: Program,
    movement: Movement,
    site: Site,
) -> Plan:
    number = Number(run=RunId("not-begun"), epoch=Epoch(1), controller=application.controller)
    charter = charter_of(order, program, movement, number)
    recorder = Recorder()
    failures = await rehearse(
        order.group,
        charter,
        program,
        site.powered(charter.servers),
        application.clock,
        recorder.report,
        site.foresight,
    )
    return recorder.plan(charter, failures)


async def differing(
    application: Application,
    order: Order,
    program: Program,
    movement: Movement,
    site: Site,
) -> Refusal | None:
    """Why the run would not be the plan that was ordered; None: it is that one, step by step."""
    wanted = order.plan
    if not wanted:
        return None
    now = await foretold(application, order, program, movement, site)
    if now.digest.startswith(wanted):
        return None
    kept = await application.plans.find(wanted, order.group.name)
    advice = f"look at it again: the plan is now {now.digest[:12]}"
    if kept is None:
        evidence = f"plan {wanted} is not what would be done now, and it is not kept here"
        return Refusal(reason=Reason.PLAN_CHANGED, evidence=evidence, advice=advice)
    found = changes(kept, lines_of(now)) or ("the playbook, the configuration or the variables",)
    shown = "; ".join(found[:MOST_SHOWN])
    evidence = f"since plan {wanted} was made, this has changed: {shown}"
    return Refusal(reason=Reason.PLAN_CHANGED, evidence=evidence, advice=advice)


def checked_digest(digest: str) -> str:
    """As a person gave it. Raises UsageError for one that is too short to mean one plan."""
    text = digest.strip().lower()
    if len(text) < LEAST_DIGEST or any(letter not in "0123456789abcdef" for letter in text):
        raise UsageError(
            f"{digest!r} is no digest",
            hint=f"give at least {LEAST_DIGEST} characters of the one that was printed",
        )
    return text
