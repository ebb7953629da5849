"""`--deploy-mode cluster`: the driver finds in its folder what a YARN container would have there."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from emr_local.tools import hdfs
from emr_local.tools.fetched import NotFetched


def place(files: Iterable[str], archives: Iterable[str], folder: Path) -> None:
    """Links files into the folder and unpacks archives there, each under its own name or its `#name`.

    What the folder has already stays. Raises NotFetched for what is not there or cannot be unpacked.
    """
    for entry in files:
        source, name = _parts(entry)
        with suppress(FileExistsError):
            (folder / name).symlink_to(source)
    for entry in archives:
        source, name = _parts(entry)
        if (folder / name).exists():
            continue
        try:
            shutil.unpack_archive(source, folder / name, "zip" if source.suffix == ".jar" else None)
        except (OSError, ValueError, shutil.ReadError) as error:
            raise NotFetched(f"{entry} cannot be unpacked ({error})") from None


def _parts(entry: str) -> tuple[Path, str]:
    """The file of the node, and its name in the folder."""
    address, _, name = entry.partition("#")
    try:
        source = hdfs.local_path(hdfs.address(address)) if ":" in address else Path(address).absolute()
    except ValueError as error:
        raise NotFetched(str(error)) from None
    if not source.exists():
        raise NotFetched(f"{address} does not exist")
    return source, name or source.name
