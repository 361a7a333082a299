"""Files that tasks use - contents, templates, scripts, modules of the site's own: found and kept.

Called by `parse_task`. All are read before the run begins and go into its charter.
"""

from typing import Any

from orchestrator.config.problems import Position
from orchestrator.config.strict_yaml import Node
from orchestrator.errors import UsageError
from orchestrator.playbooks.arguments import is_template
from orchestrator.playbooks.beside import pattern_of
from orchestrator.playbooks.beside import places_of as places_beside
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules.site_module import places_of


def gather(module: Module, args: dict[str, Any], node: Node, reader: Reader) -> None:
    """Notes what is wrong with the file that these arguments name, at its place in the playbook."""
    wanted = module.reads(args)
    if wanted is None or not wanted.name:
        return
    places = places_beside(reader.file, wanted.folder, wanted.name)
    if not is_template(wanted.name):
        path = next((one for one in places if one in reader.beside.matching(one)), None)
        if path is None:
            message = f"{module.name}: there is no file {places[0]}, nor {places[1]}"
            hint = "files are read on the controller; one of the server: 'remote_src: true'"
            reader.add(node, message, hint if module.name == "copy" else "")
        else:
            keep(module, path, node, reader)
        return
    folder = places_beside(reader.file, wanted.folder, pattern_of(wanted.name))
    found = next((paths for one in folder if (paths := reader.beside.matching(one))), ())
    if not found:
        reader.add(node, f"{module.name}: no file fits {folder[0]}, nor {folder[1]}")
    for path in found:
        keep(module, path, node, reader)


def keep(module: Module, path: str, node: Node, reader: Reader) -> None:
    try:
        text = reader.beside.text(path)
    except UsageError as error:
        reader.add(node, error.message, error.hint)
        return
    reader.gathered.texts[path] = text
    if (problem := module.problem_in(text)) is not None:
        reader.add_at(Position(file=path, line=problem.line, column=1), problem.message)


def site_module(name: str, reader: Reader) -> str | None:
    """The file of the site's own module of that name; None: there is none."""
    playbook = reader.including[0] if reader.including else reader.file
    for path in places_of(playbook, name):
        if path in reader.beside.matching(path):
            return path
    return None
