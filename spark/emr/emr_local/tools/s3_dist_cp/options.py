"""The command line of s3-dist-cp: what it takes, what it refuses by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from emr_local import s3
from emr_local.tools import hdfs

Codec = Literal["keep", "gzip", "none"]

MIB = 1024 * 1024
# What S3 takes as the size of a part.
PART_MIB = range(5, 5 * 1024 + 1)
VALUED = (
    "--src", "--dest", "--srcPattern", "--groupBy", "--targetSize", "--outputCodec", "--srcPrefixesFile",
    "--s3Endpoint", "--storageClass", "--multipartUploadChunkSize",
)  # fmt: skip
FLAGS = ("--appendToLastFile", "--deleteOnSuccess", "--disableMultipartUpload", "--s3ServerSideEncryption")
NOT_HERE = {
    "--numberFiles": "files keep their names",
    "--startingIndex": "files keep their names",
    "--outputManifest": "no manifests are written; list --dest instead",
    "--previousManifest": "no manifests are read; choose files by --srcPattern or --srcPrefixesFile",
    "--requirePreviousManifest": "no manifests are read",
    "--copyFromManifest": "no manifests are read; name what to copy in a --srcPrefixesFile",
}
CODECS: dict[str, Codec] = {"gzip": "gzip", "gz": "gzip", "none": "none"}
STORAGE_CLASSES = ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING")
ONLY_TO_S3 = (
    "--storageClass", "--s3ServerSideEncryption", "--multipartUploadChunkSize", "--disableMultipartUpload",
)  # fmt: skip
# An escape, what begins a class (with a first ] that does not end it) or a named group, or one character
_TOKEN = re.compile(r"\\.|\[\^?\]?|\(\?<(?=[A-Za-z])|&&|.", re.DOTALL)


class Refused(Exception):
    """An option, an address or a plan that this s3-dist-cp does not take; nothing was copied."""


class Options(NamedTuple):
    """The command line; both patterns must match a file's full address as a whole. Sizes in bytes."""

    src: str
    dest: str
    pattern: re.Pattern[str] | None
    delete: bool
    group: re.Pattern[str] | None = None
    target_size: int | None = None
    append: bool = False
    codec: Codec = "keep"
    prefixes_file: str | None = None
    endpoint: str | None = None
    storage_class: str | None = None
    encrypt: bool = False
    part_size: int = 16 * MIB
    multipart: bool = True
    without_effect: tuple[str, ...] = ()


def parse_arguments(arguments: Sequence[str]) -> Options:
    """The options, as `--src=X` or `--src X`; generic -D settings are accepted and ignored."""
    given = _values(arguments)
    for name in ("--src", "--dest"):
        if name not in given:
            raise Refused(f"{name} is required")
    dest = absolute(given["--dest"])
    group = _pattern(given, "--groupBy")
    if group is not None and not group.groups:
        raise Refused(f"--groupBy {group.pattern} has no group in parentheses to name its files by")
    if "--appendToLastFile" in given and s3.is_s3(dest):
        raise Refused(f"--appendToLastFile needs a --dest in HDFS: nothing can be appended in {dest}")
    without_effect = [] if s3.is_s3(dest) else [name for name in ONLY_TO_S3 if name in given]
    if group is None and "--targetSize" in given:
        without_effect.append("--targetSize")
    return Options(
        src=absolute(given["--src"]),
        dest=dest,
        pattern=_pattern(given, "--srcPattern"),
        delete="--deleteOnSuccess" in given,
        group=group,
        target_size=_mebibytes(given, "--targetSize", range(1, 1 << 40)),
        append="--appendToLastFile" in given,
        codec=_codec(given),
        prefixes_file=absolute(given["--srcPrefixesFile"]) if "--srcPrefixesFile" in given else None,
        endpoint=given.get("--s3Endpoint"),
        storage_class=_storage_class(given),
        encrypt="--s3ServerSideEncryption" in given,
        part_size=_mebibytes(given, "--multipartUploadChunkSize", PART_MIB) or 16 * MIB,
        multipart="--disableMultipartUpload" not in given,
        without_effect=tuple(without_effect),
    )


def absolute(address: str) -> str:
    """The full address: one scheme for S3, and a path of the cluster with its file system's name."""
    try:
        if not s3.is_s3(address):
            return hdfs.address(address)
        uri = s3.parse(address)
    except ValueError as error:
        raise Refused(str(error)) from None
    if "_" in uri.bucket:
        raise Refused(f"{address}: s3-dist-cp does not take buckets with an underscore in their names")
    return str(uri)


def _values(arguments: Sequence[str]) -> dict[str, str]:
    """The options by name, each once; flags have an empty value."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, value = argument.partition("=")
        if name.startswith("-D"):
            if name == "-D" and not equals and rest:
                rest.pop(0)
            continue
        if name in NOT_HERE:
            raise Refused(f"{name} is not supported on this node: {NOT_HERE[name]}")
        if name not in (*VALUED, *FLAGS):
            raise Refused(f"unsupported option {argument}")
        if name in given:
            raise Refused(f"{name} is given more than once")
        if name in FLAGS and equals:
            raise Refused(f"{name} takes no value, got {value}")
        if name in VALUED:
            value = value if equals or not rest else rest.pop(0)
            if not value:
                raise Refused(f"{name} needs a value")
        given[name] = value
    return given


def _pattern(given: dict[str, str], name: str) -> re.Pattern[str] | None:
    if name not in given:
        return None
    try:
        # Java's \d, \w and \s know ASCII only
        return re.compile(_from_java(name, given[name]), re.ASCII)
    except (re.error, ValueError, OverflowError) as error:
        raise Refused(f"{name} {given[name]} is no regular expression: {error}") from None


def _from_java(name: str, expression: str) -> str:
    """A Java expression as Python writes it; Refused for what Python would read as something else."""
    translated, in_class = "", False
    for part in _TOKEN.findall(expression):
        if part in ("\\p", "\\P"):
            only_java = f"{part}{{…}}"
        elif in_class and part == "&&":
            only_java = "&& in a character class"
        elif in_class and part[0] == "[":
            only_java = "a character class in another"
        else:
            in_class = part[0] == "[" or (in_class and part != "]")
            translated += "(?P<" if part == "(?<" and not in_class else part
            continue
        raise Refused(f"{name} {expression}: {only_java} is of Java's expressions only, not of this node's")
    return translated


def _mebibytes(given: dict[str, str], name: str, allowed: range) -> int | None:
    """A whole number of MiB, in bytes."""
    if name not in given:
        return None
    text = given[name]
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        raise Refused(f"{name} {text} is not a whole number of MiB from {allowed[0]} to {allowed[-1]}")
    return int(text) * MIB


def _codec(given: dict[str, str]) -> Codec:
    name = given.get("--outputCodec", "keep").lower()
    if "--outputCodec" in given and name not in CODECS:
        raise Refused(
            f"--outputCodec {given['--outputCodec']} is not supported on this node: gzip, gz or none"
        )
    return CODECS.get(name, "keep")


def _storage_class(given: dict[str, str]) -> str | None:
    name = given.get("--storageClass")
    if name is not None and name not in STORAGE_CLASSES:
        raise Refused(f"--storageClass {name} is not one of {', '.join(STORAGE_CLASSES)}")
    return name
