"""Each command's first sentence, so that `hasys --help` and completion import no command.

A test compares them with the commands' own words.
"""

from collections.abc import Mapping

SUMMARIES: Mapping[str, str] = {
    "init": "Write a commented example inventory to start from.",
    "check": "Check the configuration; with --live also both servers of each group.",
    "inventory": "Show groups and servers as they were read, without passwords.",
    "schema": "Print the JSON Schema of a group's file, or of playbooks, for editors.",
    "authorize": "Print the authorized_keys line, and the sudoers line for a login that is not "
    "root.",
    "flow": "Look at the start and stop order of a group.",
    "status": "Show roles, resources and problems of groups (all of them by default).",
    "explain": "Say what is seen of a group, how old it is, what could be done now, and why not "
    "more.",
    "start": "Start a group's service, or single resources with what they need.",
    "stop": "Stop a group's service, or single resources with what stands on them.",
    "switchover": "Move the service to the other server, in order; refused when that one could not "
    "take over.",
    "fence": "Ask the fencing devices of a server, or let them switch it off or on.",
    "resolve": "Decide where the service belongs when both servers hold it, or neither does.",
    "failover": "Make a server ACTIVE by force; say what that overrides and what may be lost.",
    "play": "Run a playbook on a group: a file, or the name of one of `hasys playbooks list`.",
    "maintenance": "Put a group into maintenance, or take it out: while it is on nothing moves by "
    "itself.",
    "rekey": "Give the guards of a group a new key for their heartbeats; the service goes on.",
    "reload": "Let the daemon read its configuration anew; files with problems change nothing.",
    "resume": "Go on with a run that was interrupted or whose controller died.",
    "run": "Look after all groups: watch them, fail over, bring back what returns.",
    "rollback": "Take back what a run changed, the last step first; lists first what it can and "
    "what not.",
    "release": "Remove what HA_SYS keeps on both servers of a group; the service goes on as it is.",
    "playbooks": "Look at the playbooks that come with HA_SYS and at the site's own.",
    "plan": "Say what a playbook would do with a group now, step by step; nothing is changed.",
    "events": "Show the events of a group, or of all groups, oldest first.",
    "history": "List runs, newest first, or the steps of one.",
    "simulate": "Play faults against the safety protocol, or a transcript against the decision "
    "core.",
    "completion": "Print the completion script of a shell.",
    "demo": "Start a service on two small servers made for it, move it, show what a client felt.",
}
