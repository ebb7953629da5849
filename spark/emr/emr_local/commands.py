"""From a step to what runs it: the jar decides, and for command-runner.jar the first argument."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from emr_local.model import Step


class CannotRun(Exception):
    """The step fails before any process starts; the text goes to its controller log."""


def command_line(step: Step, path: str) -> list[str]:
    """The program and arguments of a step; `path` is the node's PATH."""
    jar = JARS.get(step.jar.rpartition("/")[2])
    if jar is None or step.jar.startswith(("s3:", "s3n:", "s3a:")):
        raise CannotRun(f"{step.jar} cannot be run by this EMR endpoint: only {', '.join(sorted(JARS))} can")
    return jar(step, path)


def shown(step: Step) -> str:
    """The step as the controller log names it."""
    return " ".join(["hadoop jar", step.jar, *([step.main_class] if step.main_class else []), *step.args])


def _command_runner(step: Step, path: str) -> list[str]:
    if not step.args:
        raise CannotRun("command-runner.jar needs the name of a program as its first argument")
    program = shutil.which(step.args[0], path=path)
    if program is None:
        raise CannotRun(f'Cannot run program "{step.args[0]}": No such file or directory')
    return [program, *step.args[1:]]


JARS: Mapping[str, Callable[[Step, str], list[str]]] = {"command-runner.jar": _command_runner}
