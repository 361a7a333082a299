"""The playbook modules, one small file each, and the table that names them all."""

from collections.abc import Mapping

from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules.assertion import Assert
from orchestrator.playbooks.modules.command import Command, Shell
from orchestrator.playbooks.modules.debug import Debug
from orchestrator.playbooks.modules.drbd import Drbd
from orchestrator.playbooks.modules.fail import Fail
from orchestrator.playbooks.modules.flow import Flow
from orchestrator.playbooks.modules.pause import Pause
from orchestrator.playbooks.modules.set_fact import SetFact
from orchestrator.playbooks.modules.uri import Uri
from orchestrator.playbooks.modules.wait_for import WaitFor

MODULES: Mapping[str, Module] = {
    module.name: module
    for module in (
        Assert(),
        Command(),
        Debug(),
        Drbd(),
        Fail(),
        Flow(),
        Pause(),
        SetFact(),
        Shell(),
        Uri(),
        WaitFor(),
    )
}
