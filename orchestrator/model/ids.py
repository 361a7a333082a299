"""Names that are strings and must not be confused with one another."""

from typing import NewType

GroupName = NewType("GroupName", str)
ServerName = NewType("ServerName", str)
ResourceName = NewType("ResourceName", str)
NetworkName = NewType("NetworkName", str)
ControllerId = NewType("ControllerId", str)
RunId = NewType("RunId", str)
StepId = NewType("StepId", str)
"""Where a step stands in its run, e.g. `1.2/address@linux1`: the same in every resumption."""

Epoch = NewType("Epoch", int)
"""Ever-rising number of a reign; a server refuses a mutating request with a lower one."""
