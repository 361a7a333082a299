"""The playbook modules, one small file each, and the table that names them all."""

from collections.abc import Mapping

from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules.assertion import Assert
from orchestrator.playbooks.modules.command import Command, Shell
from orchestrator.playbooks.modules.copy import Copy
from orchestrator.playbooks.modules.debug import Debug
from orchestrator.playbooks.modules.drbd import Drbd
from orchestrator.playbooks.modules.fail import Fail
from orchestrator.playbooks.modules.fence import Fence
from orchestrator.playbooks.modules.file import File
from orchestrator.playbooks.modules.flow import Flow
from orchestrator.playbooks.modules.lineinfile import BlockInFile, LineInFile
from orchestrator.playbooks.modules.pause import Pause
from orchestrator.playbooks.modules.resource import Ip, Mount, Process
from orchestrator.playbooks.modules.script import Script
from orchestrator.playbooks.modules.service import Service, Systemd
from orchestrator.playbooks.modules.set_fact import SetFact
from orchestrator.playbooks.modules.set_role import SetRole
from orchestrator.playbooks.modules.site_module import SiteModule
from orchestrator.playbooks.modules.stat import Find, Slurp, Stat
from orchestrator.playbooks.modules.template import Template
from orchestrator.playbooks.modules.uri import Uri
from orchestrator.playbooks.modules.wait_for import WaitFor

MODULES: Mapping[str, Module] = {
    module.name: module
    for module in (
        Assert(),
        BlockInFile(),
        Command(),
        Copy(),
        Debug(),
        Drbd(),
        Fail(),
        Fence(),
        File(),
        Find(),
        Flow(),
        Ip(),
        LineInFile(),
        Mount(),
        Pause(),
        Process(),
        Script(),
        Service(),
        SetFact(),
        SetRole(),
        Shell(),
        SiteModule(),
        Slurp(),
        Stat(),
        Systemd(),
        Template(),
        Uri(),
        WaitFor(),
    )
}
