"""A new key for the heartbeats of a pair, without a moment in which the guards do not understand.

The race it prevents: one guard sends under a key that the other does not have yet. So both take the
new key first, then both send under it, and only when nothing sent under the old one can still be on
its way is the old one taken away. Cut anywhere, both go on with the keys that they have; asked
again, it begins anew from there.
"""

import secrets
from typing import Any

from orchestrator.daemon.steward import Steward
from orchestrator.errors import TheyError

WAIT_S = 30.0
LOOK_S = 0.05


async def rekey(steward: Steward) -> dict[str, Any]:
    """Raises TheyError when a guard does not acknowledge a step; the service is not touched."""
    old = steward.sight.pairing.keys[0]
    new = secrets.token_hex(32)
    await _told(steward, (old, new))
    await _told(steward, (new, old))
    await steward.clock.sleep(steward.group.timing.lease_s)
    await _told(steward, (new,))
    return {"group": steward.group.name}


async def _told(steward: Steward, keys: tuple[str, ...]) -> None:
    steward.sight.change_keys(keys)
    limit = steward.now() + WAIT_S
    while not steward.sight.has_told(keys):
        if steward.now() > limit:
            raise TheyError(
                f"{steward.group.name}: not both guards have taken the new key",
                hint="they go on with the keys that they have; see hasys status, then ask again",
            )
        await steward.clock.sleep(LOOK_S)
