"""What an `aws s3` command copies and removes: pure, by the AWS CLI's rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple


class File(NamedTuple):
    """A file of S3 or of the node below a command's source or target.

    `name` is relative to that, `address` an s3:// address or a path, `size` in bytes, `modified` in seconds
    since 1970.
    """

    name: str
    address: str
    size: int
    modified: float


class Filters(NamedTuple):
    """--exclude and --include in their order, True for the latter; of those that match the last counts."""

    rules: Sequence[tuple[bool, str]] = ()

    def let(self, name: str) -> bool:
        """Whether a name takes part; without any match it does."""
        matching = [include for include, pattern in self.rules if fnmatchcase(name, pattern)]
        return matching[-1] if matching else True


class Rule(NamedTuple):
    """What `sync` takes for a change; `download` is from S3 to the node."""

    download: bool
    size_only: bool = False
    exact_timestamps: bool = False

    def changed(self, source: File, target: File) -> bool:
        """Whether the source is copied over a target that is there.

        A download keeps the object's time, so a file of the node that is older than the object has been
        downloaded already, says the AWS CLI; one that is newer has been changed here.
        """
        if source.size != target.size:
            return True
        if self.size_only:
            return False
        if not self.download:
            return source.modified > target.modified
        if self.exact_timestamps:
            return source.modified != target.modified
        return target.modified > source.modified


def sync(
    sources: Iterable[File], targets: Iterable[File], rule: Rule, filters: Filters, delete: bool
) -> Iterator[tuple[File | None, File | None]]:
    """What to do, in order: (source, its target if there is one) is a copy, (None, target) a removal.

    Targets that the filters keep out are not removed.
    """
    there: Mapping[str, File] = {file.name: file for file in targets if filters.let(file.name)}
    seen = set()
    for source in sources:
        if not filters.let(source.name):
            continue
        seen.add(source.name)
        target = there.get(source.name)
        if target is None or rule.changed(source, target):
            yield source, target
    if delete:
        yield from ((None, there[name]) for name in sorted(there.keys() - seen))
