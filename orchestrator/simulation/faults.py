"""Everything that can go wrong by itself, and in which phases of a failover it can strike."""

from collections.abc import Callable

from orchestrator.simulation import controller_faults, link_faults, people, server_faults
from orchestrator.simulation.pair import Pair
from orchestrator.simulation.phases import AWAY, PHASES

Fault = Callable[[Pair], None]
"""Raises `pair.Missed` when there is nothing that it could do now."""

NEEDS_CONTROLLER: tuple[Fault, ...] = (
    controller_faults.controller_killed,
    controller_faults.controller_killed_anywhere,
    controller_faults.controller_paused,
    controller_faults.controller_lags,
    controller_faults.controller_disk_full,
    controller_faults.controller_clock_step,
    controller_faults.mass_event,
    people.operator,
    people.stop_and_start,
    people.force,
    people.resolve,
    people.maintenance,
    people.observe,
    people.lease_changed,
    people.members_changed,
)
"""Where no controller lives, none of these has anything to strike."""

ALL: tuple[Fault, ...] = (
    server_faults.power_cut,
    server_faults.quick_reboot,
    server_faults.power_cut_while_saving,
    server_faults.reboot_without_record,
    server_faults.hang,
    server_faults.slow_host,
    server_faults.clock_rates,
    server_faults.disk_full,
    server_faults.stuck_stop,
    server_faults.process_fails,
    server_faults.helper_killed,
    server_faults.guard_paused,
    server_faults.guard_killed,
    link_faults.cut_server_controller,
    link_faults.cut_one_controller,
    link_faults.cut_heartbeat,
    link_faults.one_way_heartbeat,
    link_faults.one_way_to_controller,
    link_faults.one_way_from_controller,
    link_faults.isolate_server,
    link_faults.cut_controllers,
    link_faults.split_in_halves,
    link_faults.loss,
    link_faults.delay,
    link_faults.reordering,
    link_faults.duplication,
    link_faults.bad_network,
    people.second_controller,
    people.take_over,
    people.command_line_beside,
    people.keys_changed,
    *NEEDS_CONTROLLER,
)

Cell = tuple[str, str]
CELLS: tuple[tuple[Fault, str], ...] = tuple(
    (fault, phase)
    for fault in ALL
    for phase in PHASES
    if not (phase == AWAY and fault in NEEDS_CONTROLLER)
)
"""What the table of a long run must not leave empty."""
