"""Plain values as YAML text, for the filters `to_yaml` and `to_nice_yaml` of playbooks."""

from typing import Any

import yaml


def in_short(value: Any) -> str:
    """Lists and mappings of plain values on one line, as Ansible's `to_yaml`."""
    return yaml.safe_dump(value, allow_unicode=True, default_flow_style=None)


def in_lines(value: Any, indent: int) -> str:
    return yaml.safe_dump(value, allow_unicode=True, default_flow_style=False, indent=indent)
