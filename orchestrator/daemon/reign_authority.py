"""The right of a run to start and stop: the reign of a server, given and ended by the loop.

A playbook says what is to be done where; whether the server may hold the service then is decided by
the same rules as in a failover. So a site's own playbook is as safe as the ones that we ship.
"""

from orchestrator.daemon.steward import Steward
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import Because, Wish
from orchestrator.executor.charter import Charter
from orchestrator.model import Reason, Refusal, ServerName
from orchestrator.model.state import GoalKind
from orchestrator.playbooks.model import Program
from orchestrator.playbooks.prospects import starts_after
from orchestrator.transport import Done, Gate
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import Plan
from remote_helpers.protocol.words import Reign

WAIT_S = 0.5
"""At most between two looks; each turn of the loop wakes sooner."""


class ReignAuthority:
    """Of one run."""

    def __init__(self, steward: Steward, charter: Charter, program: Program) -> None:
        self._steward = steward
        self._charter = charter
        self._program = program
        self._gates: dict[ServerName, Gate] = {}

    def gate(self, server: ServerName) -> Gate | None:
        incarnation = self._steward.state.vote.registration.incarnation
        return self._gates.get(server) or Gate(incarnation=incarnation)

    async def may_start(self, server: ServerName) -> Refusal | None:
        """Waits while the goal that makes this server ACTIVE is pursued."""
        steward = self._steward
        asked = False
        while True:
            reign = steward.standing.reign_of(server)
            if reign is not None:
                return self._left_behind(server) or await self._open_gate(server, reign)
            goal = steward.state.goal
            if goal is None and asked:
                return self._not_given(server)
            if goal is None:
                refused = self._beside(server)
                if refused is not None:
                    return refused
                steward.begin(self._wish(GoalKind.START, server, None))
                asked = True
                continue
            if goal.target != server:
                return Refusal(
                    reason=Reason.RUN_IN_PROGRESS,
                    evidence=f"a {goal.kind.value} to {goal.target} is under way",
                    advice="see hasys events; run the command again when it has ended",
                )
            # The end of a stop is waited for, and is no answer: its rescue starts here again.
            asked = goal.kind not in (GoalKind.STOP, GoalKind.HAND_OVER)
            await steward.next_turn(WAIT_S)

    async def may_stop(self, server: ServerName) -> Refusal | None:
        """A stop alone makes no second active server."""
        del server
        return None

    async def has_stopped(self, server: ServerName, path: str) -> Refusal | None:
        """Ends the server's reign, and waits until its guard has checked every resource."""
        steward = self._steward
        self._gates.pop(server, None)
        limit = steward.now() + steward.group.timing.stop_s
        while self._may_reign(server):
            goal = steward.state.goal
            if goal is None:
                steward.begin(self._wish(self._ending(path), server, server))
            elif goal.source == server and not goal.source_stopped:
                steward.source_has_stopped()
            if steward.now() > limit:
                return Refusal(
                    reason=Reason.STOP_UNCONFIRMED,
                    evidence=f"{server} has not confirmed that its reign is over",
                    advice=f"hasys explain {steward.group.name} says what stands in the way",
                )
            await steward.next_turn(WAIT_S)
        return None

    def _ending(self, path: str) -> GoalKind:
        """A move that fails between stop and start, and cannot go back at once, must not leave the
        group as if a person had stopped it: nobody would start it again.
        """
        return GoalKind.HAND_OVER if starts_after(self._program, path) else GoalKind.STOP

    def _may_reign(self, server: ServerName) -> bool:
        return bool(votes.unproven_on(self._steward.state.vote, server))

    def _wish(self, kind: GoalKind, target: ServerName, source: ServerName | None) -> Wish:
        asked = Because(
            reason=Reason.PERSON_ASKED,
            evidence=f"run {self._charter.run} ({self._charter.playbook}) by {self._charter.by}",
        )
        return Wish(kind=kind, target=target, source=source, because=asked)

    def _beside(self, server: ServerName) -> Refusal | None:
        """Nothing is begun beside a server that may serve, or of which nothing is known."""
        steward = self._steward
        facts = steward.standing.facts()
        peer = facts.peer(server)
        if facts.is_silent(peer) and facts.is_confirmed_off(peer, steward.state):
            return None  # whether each of its reigns has its proof, the goal looks at
        if facts.is_silent(peer):
            return Refusal(
                reason=Reason.SERVER_UNREACHABLE,
                evidence=steward.standing.silence(peer) or f"{peer} does not answer",
                advice="silence is not death: bring it back; until then nothing starts here",
            )
        if not facts.is_clean_standby(peer):
            return Refusal(
                reason=Reason.RUNS_ON_PEER,
                evidence=f"{peer} holds the service, or parts of it",
                advice=f"stop it there first: hasys stop {steward.group.name} --on {peer}",
            )
        return None

    def _left_behind(self, server: ServerName) -> Refusal | None:
        """While both servers answer, the run looks at both copies itself. The race it prevents: the
        one with the last writes falls silent between the order and that look.
        """
        steward = self._steward
        newest = votes.newest(steward.state.vote)
        silence = steward.standing.silence(steward.group.peer_of(server).name)
        accepted = newest is not None and newest.forced
        if server not in steward.state.outdated or accepted or silence is None:
            return None
        return Refusal(
            reason=Reason.DATA_OUT_OF_DATE,
            evidence=f"the data on {server} may lack acknowledged writes; {silence}",
            advice="bring the other one back; or accept the loss: hasys failover --force",
        )

    def _not_given(self, server: ServerName) -> Refusal:
        """The goal was given up; the loop's last reasons say why."""
        reasons = self._steward.standing.reasons
        shown = "; ".join(f"{one.reason.value}: {one.evidence}" for one in reasons)
        return Refusal(
            reason=reasons[0].reason if reasons else Reason.GOAL_GIVEN_UP,
            evidence=f"{server} was not made ACTIVE: {shown or 'the goal was given up'}",
            advice=f"hasys explain {self._steward.group.name} says what stands in the way",
        )

    async def _open_gate(self, server: ServerName, reign: Reign) -> Refusal | None:
        """For this run's steps; those of the plan before it find the gate closed to them."""
        registration = self._steward.state.vote.registration
        reply = await self._steward.say(server, Plan(registration, reign, self._charter.run))
        why = "no answer"
        if isinstance(reply, Done):
            answer = messages.decode(reply.data.get("message"))
            if answer.accepted:
                self._gates[server] = Gate(
                    incarnation=registration.incarnation, reign=reign, plan=self._charter.run
                )
                return None
            why = answer.why
        return Refusal(
            reason=Reason.ORDER_REFUSED,
            evidence=f"{server} does not open its gate for this run: {why}",
            advice="its reign may have ended; see hasys events",
        )
