"""What templates may do with values: filters as Ansible users know them.

Plain functions; `sandbox` hands them to Jinja, with bounds around each. Not here on purpose:
whatever reads files, clocks, the environment or dice.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.playbooks.data_filters import DATA_FILTERS
from orchestrator.playbooks.text_filters import TEXT_FILTERS

FILTERS: Mapping[str, Callable[..., Any]] = dict(sorted({**TEXT_FILTERS, **DATA_FILTERS}.items()))
JINJA_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby"),
    *("int", "items", "last", "length", "list", "lower", "map", "max", "min", "reject"),
    *("rejectattr", "reverse", "round", "select", "selectattr", "sort", "string", "sum", "title"),
    *("trim", "truncate", "upper", "urlencode", "wordcount"),
)
JINJA_TESTS = (
    *("==", "!=", ">", ">=", "<", "<=", "eq", "equalto", "ne", "gt", "ge", "lt", "le", "in"),
    *("boolean", "defined", "divisibleby", "even", "false", "float", "greaterthan", "integer"),
    *("iterable", "lessthan", "lower", "mapping", "none", "number", "odd", "sameas", "sequence"),
    *("string", "true", "undefined", "upper"),
)
RENAMED: Mapping[str, str] = {
    "issubset": "subset",
    "issuperset": "superset",
    "successful": "succeeded",
    "change": "changed",
    "failure": "failed",
    "skip": "skipped",
    "version_compare": "version",
    "isnan": "nan",
}
"""Ansible's other names for tests."""
NOT_HERE: Mapping[str, str] = {
    "lookup": "nothing is looked up on the controller while a run goes on, for a resumed run might "
    "find something else; write `vars_files`, `-e @file` or `-e name=$NAME`",
    "query": "see `lookup`",
    "q": "see `lookup`",
    "now": "templates read no clock; register the output of `date`",
    "undef": "leave the variable out",
    "namespace": "set a fact, or put the values together by filters",
}
"""Functions of Ansible's templates, and what to write instead."""
