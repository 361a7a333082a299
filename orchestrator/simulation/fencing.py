"""Fencing devices, on a network of their own: slow, sometimes silent, read back after the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decision.intents import Fence
from orchestrator.model.guard_report import FenceResult
from orchestrator.model.moment import Monotonic

if TYPE_CHECKING:
    from orchestrator.simulation.controller import SimController


def order(controller: SimController, intent: Fence) -> None:
    """Once for each reign; the answer, if it comes, is for that reign."""
    if intent.reign in controller.fencing:
        return
    controller.fencing.add(intent.reign)
    world = controller.world
    world.at(world.chance.uniform(0.5, 3.0), _done, controller, intent, controller.life)


def _done(controller: SimController, intent: Fence, life: int) -> None:
    there = controller.servers[intent.server]
    world = controller.world
    world.note(f"{intent.server} is switched off by its fencing device")
    there.power_off()
    world.at(15.0, there.boot)
    if life != controller.life or world.chance.random() < 0.1:
        controller.fencing.discard(intent.reign)
        return
    controller.loop.fences.append(
        FenceResult(
            server=intent.server,
            asked_for=intent.reign,
            off=not there.on,
            read_at=Monotonic(controller.now()),
        )
    )
