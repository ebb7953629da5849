"""`spark-submit` on a node: Spark's own, on the cluster's master, files from S3 brought to the node first.

Spark has no YARN here and its standalone master no cluster mode for Python: `--master yarn` means the
cluster's master, and `--deploy-mode cluster` is run as client, in a folder like a container's (see
`containers`). On a standalone master sizes are left out, and the step's controller log names them (see
`sizing`). A `--properties-file` would replace the cluster's own spark-defaults: its entries are added to a
private copy of them instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from emr_local import s3
from emr_local.nodes import properties, sizing, spark
from emr_local.steps import logs
from emr_local.tools import class_sharing, containers, java_options, s3_mounts
from emr_local.tools.fetched import NotFetched, fetch_to_node

FLAGS = {"--verbose", "-v", "--supervise", "--help", "-h", "--version", "--usage-error"}
FILES, ARCHIVES = ("--files", "spark.files"), ("--archives", "spark.archives")
FILE_LISTS = {"--py-files", "--jars", "spark.submit.pyFiles", "spark.jars", *FILES, *ARCHIVES}
PLACEMENT_CONF = ("spark.master=yarn", "spark.submit.deployMode=")
DRIVER_ENVIRONMENT = "spark.yarn.appMasterEnv."
DRIVER_PYTHONS = {
    "PYSPARK_PYTHON": spark.NODE_PYTHON_KEYS,
    "PYSPARK_DRIVER_PYTHON": spark.NODE_PYTHON_KEYS[1:],
}
Fetch = Callable[[str], str]


class Command(NamedTuple):
    """A command line in its parts: options in their order, and what follows them.

    `rest` is the application's file and arguments; or one option that lacks its value, for Spark to complain.
    A flag's value is None.
    """

    options: list[tuple[str, str | None]]
    rest: list[str]

    def values(self, *names: str) -> list[str]:
        """The values of options or `--conf` keys of these names, in order."""
        return [value for name, value in self.settings() if name in names]

    def settings(self) -> Iterator[tuple[str, str]]:
        """Every option with its value, a `--conf` by its key."""
        for name, value in self.options:
            if value is not None and name in ("--conf", "-c"):
                key, _, value = value.partition("=")
                yield key.strip(), value
            elif value is not None:
                yield name, value


def parse(arguments: Sequence[str]) -> Command:
    """Takes a command line apart; the application's own arguments are left alone."""
    options: list[tuple[str, str | None]] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest[0].partition("=")
        if name in FLAGS:
            options.append((rest.pop(0), None))
        elif equals:
            options.append((name, value))
            rest.pop(0)
        elif len(rest) == 1:
            break
        else:
            options.append((name, rest[1]))
            del rest[:2]
    return Command(options, rest)


def rewrite(arguments: Sequence[str], fetch: Fetch, left_out: list[str] | None = None) -> list[str]:
    """spark-submit's arguments for this cluster; `fetch` turns an S3 address into a file of the node.

    Options about sizes go to `left_out`; without it they are kept. Properties files are left to `entries`.
    Raises NotFetched.
    """
    result: list[str] = []
    options, rest = parse(arguments)
    for name, value in options:
        if value is None:
            result.append(name)
        elif name != "--properties-file":
            result += _option(name, value, fetch, left_out)
    if rest and s3.is_s3(rest[0]):
        rest = [fetch(rest[0]), *rest[1:]]
    return [*result, *rest]


def entries(given: Command, fetch: Fetch, left_out: list[str] | None = None) -> dict[str, str]:
    """What the last properties file, on the node or in S3, sets on this cluster; as `rewrite` does."""
    file = next(iter(given.values("--properties-file")[-1:]), None)
    if file is None:
        return {}
    try:
        text = Path(fetch(file) if s3.is_s3(file) else file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise NotFetched(f"{file} cannot be read ({error})") from None
    taken = {k: _taken(k, v, fetch, left_out) for k, v in properties.parse(text).items()}
    return {key: value for key, value in taken.items() if value is not None}


def _option(name: str, value: str, fetch: Fetch, left_out: list[str] | None) -> list[str]:
    """An option as this cluster takes it, or nothing."""
    if name in ("--conf", "-c"):
        key, equals, value = value.partition("=")
        taken = _taken(key, value, fetch, left_out)
        return [] if taken is None else [name, f"{key}{equals}{taken}"]
    if left_out is not None and sizing.is_left_out(name, value):
        left_out.append(f"{name} {value}")
        return []
    if name == "--deploy-mode" or (name == "--master" and value.startswith("yarn")):
        return []
    return [name, _fetched_all(value, fetch) if name in FILE_LISTS else value]


def _taken(key: str, value: str, fetch: Fetch, left_out: list[str] | None) -> str | None:
    """The value of a Spark property as this cluster takes it, or None."""
    if key.startswith(DRIVER_ENVIRONMENT):
        return value
    entry = f"{key}={value}"
    if left_out is not None and sizing.belongs_to_site(key.strip()):
        left_out.append(entry)
        return None
    if entry.startswith(PLACEMENT_CONF):
        return None
    if key in FILE_LISTS:
        return _fetched_all(value, fetch)
    return _own_python(value) if key in spark.NODE_PYTHON_KEYS else value


def _own_python(program: str) -> str:
    node = Path(os.environ["EMR_LOCAL_NODE"])
    return str(node / "python" / "bin" / "python") if spark.is_system_python(program) else program


def _fetched_all(entries: str, fetch: Fetch) -> str:
    """A list of files with those from S3 on the node; an archive's `#name` stays."""
    return ",".join(_fetched(entry.strip(), fetch) for entry in entries.split(","))


def _fetched(entry: str, fetch: Fetch) -> str:
    address, hash_sign, name = entry.partition("#")
    return fetch(address) + hash_sign + name if s3.is_s3(address) else entry


def _as_container(given: Command, rewritten: Command, from_file: Mapping[str, str]) -> list[str]:
    """Gives the driver what it would have in its container, where the command asks for one.

    Returns options to go first: what the driver's environment says about Python, which Spark asks only after
    the cluster's own defaults. What a properties file says about it counts more.
    """
    if given.values("--deploy-mode", "spark.submit.deployMode")[-1:] != ["cluster"]:
        return []
    lists = [
        (rewritten.values(*names) or [from_file[name] for name in names if name in from_file])[-1:]
        for names in (FILES, ARCHIVES)
    ]
    files, archives = ([entry for text in found for entry in text.split(",") if entry] for found in lists)
    containers.place(files, archives, Path.cwd())
    options: list[str] = []
    for key, value in given.settings():
        if key.startswith(DRIVER_ENVIRONMENT):
            variable = key.removeprefix(DRIVER_ENVIRONMENT)
            os.environ[variable] = value
            for python in DRIVER_PYTHONS.get(variable, ()):
                if python not in from_file:
                    options += ["--conf", f"{python}={_own_python(value)}"]
    return options


def main(arguments: Sequence[str]) -> NoReturn:
    """Becomes Spark's spark-submit; exit code 1 when a file cannot be fetched."""
    try:
        left_out = sizing.read_left_out(Path(os.environ["EMR_LOCAL_NODE"]))
        from_file = entries(parse(arguments), fetch_to_node, left_out)
        rewritten = rewrite(arguments, fetch_to_node, left_out)
        if left_out and "HADOOP_LOG_DIR" in os.environ:
            controller = Path(os.environ["HADOOP_LOG_DIR"]) / "controller"
            logs.write_line(controller, "WARN", sizing.sentence(left_out))
        rewritten = [*_as_container(parse(arguments), parse(rewritten), from_file), *rewritten]
    except NotFetched as error:
        sys.exit(f"java.io.FileNotFoundException: {error}")
    s3_mounts.install([*arguments, *from_file.values()], from_file)
    sharing = class_sharing.options(dict(parse(rewritten).settings()))
    options = java_options.quoted([*sharing, *java_options.of_step()])
    # What the job's own programs inherit is not added to once more
    given = os.environ.setdefault(java_options.GIVEN, os.environ.get("SPARK_SUBMIT_OPTS", ""))
    os.environ["SPARK_SUBMIT_OPTS"] = f"{given} {options}".strip()
    program = str(Path(os.environ["SPARK_HOME"]) / "bin" / "spark-submit")
    # Becomes it, so that signals and the exit code are Spark's own.
    os.execv(program, [program, *rewritten])  # noqa: S606  # a list of arguments, no shell
