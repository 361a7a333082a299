"""Ansible's callback for the comparison: how each task ended on each host, as JSON lines."""

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: outcomes
type: aggregate
short_description: how each task ended on each host
description: how each task ended on each host
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "outcomes"

    def _note(self, result, status):
        task = result._task
        if task.action.rpartition(".")[2] in (
            "include_tasks",
            "import_tasks",
            "gather_facts",
            "meta",
        ):
            return
        message = result._result.get("msg", "")
        record = {
            "name": task.get_name().strip(),
            "host": result._host.get_name(),
            "status": status,
            "message": message if isinstance(message, str) else json.dumps(message),
        }
        with Path(os.environ["OUTCOMES_FILE"]).open("a") as file:
            file.write(json.dumps(record) + "\n")

    def v2_runner_on_ok(self, result):
        self._note(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, **_about):
        self._note(result, "failed")

    def v2_runner_on_skipped(self, result):
        self._note(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._note(result, "unreachable")
