"""How the networks of a group look from here: link, speed, addresses, gateway.

The gateway is asked on the link itself (ARP, neighbour discovery): it answers that whatever its
firewall thinks of ping.
"""

import threading
from typing import Any, Dict, Mapping, Optional

from remote_helpers import announce, netlink
from remote_helpers.netlink import Link


def look(asked: Mapping[str, Any]) -> Dict[str, Any]:
    """`asked`: device, gateway or null. A device that is not there has `up` null."""
    device, gateway = str(asked["device"]), asked.get("gateway")
    links = netlink.links()
    on = next((one for one in links if one.name == device), None)
    if on is None:
        return {"device": device, "up": None}
    return {
        "device": device,
        "up": on.up,
        "carrier": on.carrier,
        "mac": on.mac,
        "speed_mbit": netlink.speed_mbit(device) if on.carrier else None,
        "addresses": [one.interface for one in netlink.addresses(links) if one.device == device],
        "gateway": gateway,
        "gateway_answers": _answers(on, str(gateway)) if gateway else None,
    }


def _answers(on: Link, gateway: str) -> Optional[bool]:
    """None: neighbours cannot be asked on such a link, and nobody knows."""
    if not announce.can_probe(on):
        return None
    if not on.up or not on.carrier:
        return False
    wire = announce.Wire(on, gateway)
    try:
        return wire.who_has() is not None
    finally:
        # The kernel takes its time to close it; the poll has none.
        threading.Thread(target=wire.close, name="close " + gateway, daemon=True).start()
