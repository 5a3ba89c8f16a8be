"""{{name}}: the TODO and FIXME marks in what is being changed.

This file asks the host; `marks` answers. Each class is one hook of the world in `wit/plugin.wit`.
"""

from componentize_py_types import Ok
from wit_world import exports
from wit_world.imports import facts, log, work_tree
from wit_world.imports.types import Contribution, Finding, Metric, Section

import marks


class Brief(exports.Brief):
    def contribute(self, request):
        return contribution(marks.brief(all_marks()))


class Checkpoint(exports.Checkpoint):
    def contribute(self, request):
        return contribution(marks.checkpoint(all_marks()))


def all_marks():
    """The marks of all changed files that the host lets us read."""
    changed = facts.changed_files()
    paths = [file.path for file in changed if file.status != "deleted"][:200]
    found = []
    for path, answer in zip(paths, work_tree.read_files(paths, 64 * 1024)):
        if isinstance(answer, Ok):
            text = answer.value.bytes.decode("utf-8", errors="replace")
            found.extend(marks.in_text(path, text))
        else:
            log.log("info", f"{path}: {answer.value.kind}")
    return found


def contribution(said):
    """The contract's records, made of the plain dictionaries of `marks`."""
    return Contribution(
        sections=[Section(**section) for section in said.get("sections", [])],
        metrics=[Metric(**metric) for metric in said.get("metrics", [])],
        findings=[Finding(**finding) for finding in said.get("findings", [])],
        trailers=[],
        next_steps=[],
        verdict=None,
        edits=[],
        state=[],
    )
