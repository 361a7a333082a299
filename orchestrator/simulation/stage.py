"""What the commands of a transcript build: a group, a state, a view, and time."""

import dataclasses
from collections.abc import Callable, Mapping

from orchestrator.decision.carry import carry
from orchestrator.decision.decide import begin, decide
from orchestrator.decision.intents import Because, NoteOrder, Wish
from orchestrator.model import (
    Failback,
    FailbackPolicy,
    GroupView,
    Mode,
    Observation,
    Reason,
    ResourceName,
    RestartPolicy,
    Seen,
    ServerName,
    Unknown,
    UnknownReason,
)
from orchestrator.model.guard_report import FenceResult, GuardedView, Surroundings
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import (
    Block,
    GoalKind,
    GroupState,
    NotedReign,
    Policy,
    ProofKind,
    Vote,
)
from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.pair import NAMES, group_of
from orchestrator.simulation.props import (
    HOLDER,
    report_of,
    seen_on_network,
    server_view,
    with_public_network,
)
from orchestrator.simulation.render import render
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import Reign

YES = ("yes", "true")


def _value(text: str) -> int | float | bool | str:
    if text in (*YES, "no", "false"):
        return text in YES
    if text.isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


class Stage:
    """One group `group` of alpha and beta with the resources data and address."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.group = group_of(3.0)
        self.policy = Policy()
        vote = Vote(registration=HOLDER)
        self.state = GroupState(vote=vote, wanted=True)
        self.reports: dict[str, tuple[float, Report]] = {}
        self.parts: dict[str, Mapping[str, str]] = {}
        self.networks: dict[str, str] = {}
        self.fences: tuple[FenceResult, ...] = ()
        self.around = Surroundings()
        self.promises: dict[Reign, float] = {}
        self.minute = 0
        self.register("both")

    def command(self, line: str) -> list[str]:
        """One line; what it answers."""
        word, *rest = line.split()
        plain = [one for one in rest if "=" not in one]
        options = dict(one.split("=", 1) for one in rest if "=" in one)
        if word == "decide":
            return self.decide()
        act: Callable[..., None] = getattr(self, _COMMANDS[word])
        act(*plain, **options)
        return []

    # --- what the commands do ---

    def register(self, where: str) -> None:
        servers = {"both": NAMES, "none": ()}.get(where, (where,))
        names = frozenset(map(ServerName, servers))
        chain = dict.fromkeys(names, HOLDER) if where == "both" else {}
        self._vote(acknowledged=names, exact=names if where == "both" else frozenset(), chain=chain)

    def reign(self, epoch: str, server: str, *flags: str, proof: str = "") -> None:
        noted = NotedReign(
            reign=self._reign(epoch, server),
            proof=ProofKind(proof) if proof else None,
            solo_held="solo" in flags,
            solo_number=1 if "solo" in flags else 0,
        )
        self._vote(reigns=(*self.state.vote.reigns, noted))

    def _reign(self, epoch: str, server: str = "") -> Reign:
        for noted in self.state.vote.reigns:
            if noted.reign.epoch == int(epoch) and server in ("", noted.reign.server):
                return noted.reign
        return Reign(int(epoch), "c1", f"n{epoch}", server, f"{server}-boot1")

    def _vote(self, **changes: object) -> None:
        vote = dataclasses.replace(self.state.vote, **changes)  # type: ignore[arg-type]
        self.state = dataclasses.replace(self.state, vote=vote)

    def seen(self, server: str, phase: str, **options: str) -> None:
        """`seen alpha reigning reign=1 age=0.2 data=failed`; a part not named is as the phase."""
        age = float(options.pop("age", "0.1"))
        serves = phase in ("reigning", "stopping", "emergency")
        parts = {part: options.pop(part, "started" if serves else "stopped") for part in PARTS}
        fields: dict[str, object] = {name: _value(text) for name, text in options.items()}
        for name in ("reign", "withdrawn", "peer_reign"):
            if name in options:
                owner = server if name == "reign" else self._peer(server)
                fields[name] = self._reign(options[name], owner)
        if "foreign" in fields:  # the peer's reign, under this server's name
            fields["reign"] = self._reign(options["foreign"], self._peer(server))
            del fields["foreign"]
        if "unknown" in fields:  # a reign that nobody here ordered
            fields["reign"] = Reign(int(options["unknown"]), "c9", "n", server, f"{server}-boot1")
            del fields["unknown"]
        known = report_of(server, phase, held=serves)
        self.reports[server] = (self.now - age, known._replace(**fields))  # type: ignore[arg-type]
        self.parts[server] = parts

    def set_network(self, server: str, state: str) -> None:
        """`network alpha cut`: as seen of the network that carries the address; cut or well."""
        self.group = with_public_network(self.group)
        self.networks[server] = state

    def _peer(self, server: str) -> str:
        return NAMES[1 - NAMES.index(server)]

    def lapse(self, seconds: str) -> None:
        self.now += float(seconds)

    def set_policy(self, **options: str) -> None:
        values: dict[str, object] = {name: _value(text) for name, text in options.items()}
        if "fencing" in options:
            values["fencing"] = frozenset(map(ServerName, options["fencing"].split(",")))
        self.policy = dataclasses.replace(self.policy, **values)  # type: ignore[arg-type]

    def set_restart(self, part: str, times: str, within: str) -> None:
        resources = dict(self.group.resources)
        name = ResourceName(part)
        policy = RestartPolicy(times=int(times), within_s=float(within))
        resources[name] = dataclasses.replace(resources[name], restart=policy)
        self.group = dataclasses.replace(self.group, resources=resources)

    def set_failback(self, policy: str, after: str = "600", window: str = "") -> None:
        span = None
        if window:
            since, until = window.split("-")
            span = (int(since), int(until))
        failback = Failback(policy=FailbackPolicy(policy), after_s=float(after), window=span)
        self.group = dataclasses.replace(self.group, failback=failback)

    def set_state(self, word: str, value: str = "") -> None:
        """`state mode observe`, `state started 5`, `state moved 100`, `state outdated beta`, ..."""
        state, history = self.state, self.state.history
        ago = Monotonic(self.now - float(value)) if value.replace(".", "").isdigit() else None
        if word == "mode":
            state = dataclasses.replace(state, mode=Mode(value))
        elif word == "wanted":
            state = dataclasses.replace(state, wanted=value in YES)
        elif word == "outdated":
            state = dataclasses.replace(state, outdated=frozenset({ServerName(value)}))
        elif word == "stopped" and state.goal is not None:
            goal = dataclasses.replace(state.goal, source_stopped=True)
            state = dataclasses.replace(state, goal=goal)
        elif word == "superseded":
            state = dataclasses.replace(state, superseded=True)
        elif word == "block":
            block = Block(reason=Reason.BLOCKED, evidence=value, until=None)
            state = dataclasses.replace(state, block=block)
        elif word == "started" and ago is not None:
            history = dataclasses.replace(history, started_at=ago)
            state = dataclasses.replace(state, history=history)
        elif word == "moved" and ago is not None:
            history = dataclasses.replace(history, moves=(*history.moves, ago))
            state = dataclasses.replace(state, history=history)
        else:
            raise ValueError(f"no such state: {word}")
        self.state = state

    def set_around(
        self, groups: str = "1", silent: str = "0", lag: str = "0", run: str = ""
    ) -> None:
        self.around = Surroundings(
            lag_s=float(lag), groups=int(groups), groups_silent=int(silent), acting=run
        )

    def set_minute(self, minute: str) -> None:
        self.minute = int(minute)

    def promise(self, epoch: str, left: str) -> None:
        self.promises[self._reign(epoch)] = self.now + float(left)

    def fence(self, server: str, epoch: str, outcome: str = "off") -> None:
        """`outcome`: off, or unanswered."""
        result = FenceResult(
            server=ServerName(server),
            asked_for=self._reign(epoch),
            off=outcome == "off",
            read_at=Monotonic(self.now),
            may_still_act=outcome == "unanswered",
        )
        self.fences = (*self.fences, result)

    def prove(self, epoch: str, kind: str) -> None:
        """As a guard's reply would."""
        reigns = tuple(
            dataclasses.replace(one, proof=ProofKind(kind))
            if one.reign.epoch == int(epoch)
            else one
            for one in self.state.vote.reigns
        )
        self._vote(reigns=reigns)

    def wish(self, kind: str, target: str, *flags: str) -> None:
        asked = Because(reason=Reason.PERSON_ASKED, evidence="a person asked for it")
        source = ServerName(target if kind in ("stop", "hand-over") else self._peer(target))
        wanted = Wish(
            kind=GoalKind(kind),
            target=ServerName(target),
            source=source,
            because=asked,
            forced="forced" in flags,
        )
        self.state = begin(self.state, wanted, self.now)

    # --- the question ---

    def decide(self) -> list[str]:
        decision = decide(self.group, self.state, self.view(), self.now, self.policy)
        self.state = decision.state
        for intent in decision.intents:
            if isinstance(intent, NoteOrder):
                top = max((one.reign.epoch for one in self.state.vote.reigns), default=0)
                self.state = carry(self.state, intent, f"n{top + 1}", None).state
        return render(decision)

    def view(self) -> GuardedView:
        guards: dict[ServerName, Observation[Report]] = {}
        views = []
        for name in self.group.server_names:
            if name not in self.reports:
                unseen = Unknown(reason=UnknownReason.NOT_ASKED, at=Monotonic(self.now))
                guards[name] = unseen
                views.append(server_view(name, unseen, {}))
                continue
            at, report = self.reports[name]
            guards[name] = Seen(value=report, at=Monotonic(at))
            view = server_view(name, Seen(value=None, at=Monotonic(at)), self.parts[name])
            views.append(seen_on_network(view, self.networks.get(name)))
        first, second = views
        return GuardedView(
            view=GroupView(servers=(first, second), taken_at=Monotonic(self.now)),
            guards=guards,
            fences=self.fences,
            around=self.around,
            promises=self.promises,
            minute=self.minute,
        )


_COMMANDS = {
    "registered": "register",
    "reign": "reign",
    "seen": "seen",
    "network": "set_network",
    "pass": "lapse",
    "policy": "set_policy",
    "restart": "set_restart",
    "failback": "set_failback",
    "state": "set_state",
    "around": "set_around",
    "minute": "set_minute",
    "promised": "promise",
    "fenced": "fence",
    "proof": "prove",
    "wish": "wish",
}
