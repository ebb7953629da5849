"""`spark-submit` on a node: Spark's own, on the cluster's master, files from S3 brought to the node first.

Spark has no YARN here and its standalone master no cluster mode for Python: `--master yarn` means the
cluster's master, and `--deploy-mode cluster` is run as client. On a standalone master sizes are left out, and
the step's controller log names them (see `sizing`). A `--properties-file` would replace the cluster's own
spark-defaults: its entries become `--conf` options instead.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from emr_local import logs, properties, s3, sizing

FLAGS = {"--verbose", "-v", "--supervise", "--help", "-h", "--version", "--usage-error"}
FILE_LISTS = {"--py-files", "--files", "--jars", "--archives"}
PLACEMENT_CONF = ("spark.master=yarn", "spark.submit.deployMode=")


class NotFetched(Exception):
    """A file that the command names could not be brought to the node, or read there."""


def rewrite(
    arguments: Sequence[str], fetch: Callable[[str], str], left_out: list[str] | None = None
) -> list[str]:
    """spark-submit's arguments for this cluster; `fetch` turns an S3 address into a file of the node.

    The application's own arguments, which follow its file, are left alone. Options about sizes go to
    `left_out`; without it they are kept. Of several properties files the last counts, and of all its entries
    those that no option gives: they come first. Raises NotFetched.
    """
    from_file: list[str] = []
    result: list[str] = []
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        if option in FLAGS:
            result.append(option)
        elif option.startswith("-"):
            name, equals, value = option.partition("=")
            if not equals:
                if not rest:
                    result.append(option)
                    break
                value = rest.pop(0)
            if name == "--properties-file":
                from_file = _entries(value, fetch, left_out)
            else:
                result += _option(name, value, fetch, left_out)
        else:
            result += [fetch(option) if s3.is_s3(option) else option, *rest]
            break
    return [*from_file, *result]


def _entries(file: str, fetch: Callable[[str], str], left_out: list[str] | None) -> list[str]:
    """The entries of a properties file, on the node or in S3, as options."""
    try:
        text = Path(fetch(file) if s3.is_s3(file) else file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise NotFetched(f"{file} cannot be read ({error})") from None
    options: list[str] = []
    for key, value in properties.parse(text).items():
        options += _option("--conf", f"{key}={value}", fetch, left_out)
    return options


def _option(name: str, value: str, fetch: Callable[[str], str], left_out: list[str] | None) -> list[str]:
    """An option as this cluster takes it, or nothing."""
    if left_out is not None and sizing.is_left_out(name, value):
        left_out.append(value if name in ("--conf", "-c") else f"{name} {value}")
        return []
    if name == "--deploy-mode" or (name == "--master" and value.startswith("yarn")):
        return []
    if name in ("--conf", "-c") and value.startswith(PLACEMENT_CONF):
        return []
    if name in FILE_LISTS:
        value = ",".join(_fetched(entry.strip(), fetch) for entry in value.split(","))
    return [name, value]


def _fetched(entry: str, fetch: Callable[[str], str]) -> str:
    """One entry of a file list; an archive's `#name` stays."""
    address, hash_sign, name = entry.partition("#")
    return fetch(address) + hash_sign + name if s3.is_s3(address) else entry


def fetch_to_node(address: str) -> str:
    """Downloads a file from S3 into a folder of its own, under its own name."""
    folder = Path(os.environ["EMR_LOCAL_NODE"]) / "fetched"
    folder.mkdir(exist_ok=True)
    try:
        uri = s3.parse(address)
        target = Path(tempfile.mkdtemp(dir=folder)) / (uri.key.rpartition("/")[2] or "main")
        s3.download(uri, target)
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        raise NotFetched(s3.explain(address, error)) from None
    return str(target)


def main(arguments: Sequence[str]) -> NoReturn:
    """Becomes Spark's spark-submit; exit code 1 when a file cannot be fetched."""
    try:
        left_out = sizing.read_left_out(Path(os.environ["EMR_LOCAL_NODE"]))
        rewritten = rewrite(arguments, fetch_to_node, left_out)
        if left_out and "HADOOP_LOG_DIR" in os.environ:
            controller = Path(os.environ["HADOOP_LOG_DIR"]) / "controller"
            logs.write_line(controller, "WARN", sizing.sentence(left_out))
    except NotFetched as error:
        sys.exit(f"java.io.FileNotFoundException: {error}")
    program = str(Path(os.environ["SPARK_HOME"]) / "bin" / "spark-submit")
    # Becomes it, so that signals and the exit code are Spark's own.
    os.execv(program, [program, *rewritten])  # noqa: S606  # a list of arguments, no shell
