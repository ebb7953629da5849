"""The gateway's addresses: /webhdfs/v1/<token>/<bucket>/<key>, and what is refused by name."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import unquote_to_bytes

from emr_local.s3 import S3Uri
from emr_local.webhdfs.errors import Denied, Malformed

PREFIX = "/webhdfs/v1"
KEY_BYTES = 1024  # S3's own limit
# What is in such a folder is a job's work in progress: the committer removes the whole folder at the end.
TEMPORARY = ("_temporary", ".spark-staging-")


def from_request(path: str, token: str) -> S3Uri:
    """The file or folder that a request's path (still percent-encoded) names; a folder has no `/` at its end.

    Denied without the right token; Malformed for a path that is none of a Hadoop client.
    """
    if not path.startswith(f"{PREFIX}/"):
        raise Denied(f"only paths below {PREFIX}/ are served")
    given, _, rest = path.removeprefix(f"{PREFIX}/").partition("/")
    _check_token(unquote_to_bytes(given), token)
    if "%2f" in rest.lower():
        raise Malformed("a path has %2F in it: a name cannot hold a slash")
    return _located(_text(unquote_to_bytes(rest)))


def from_destination(path: str, token: str) -> S3Uri:
    """The same of the decoded path in RENAME's `destination`."""
    given, _, rest = path.removeprefix("/").partition("/")
    _check_token(given.encode(), token)
    return _located(rest)


def parent(uri: S3Uri) -> S3Uri:
    """The folder that holds it; the bucket's root is its own."""
    return S3Uri(uri.bucket, uri.key.rpartition("/")[0])


def ancestors(uri: S3Uri) -> list[S3Uri]:
    """All folders above it, without the bucket's root."""
    parts = uri.key.split("/")[:-1]
    return [S3Uri(uri.bucket, "/".join(parts[: count + 1])) for count in range(len(parts))]


def is_below(uri: S3Uri, folder: S3Uri) -> bool:
    """Whether it is in the folder, at any depth; `folder` is not the bucket's root."""
    return uri.bucket == folder.bucket and uri.key.startswith(f"{folder.key}/")


def is_temporary(uri: S3Uri) -> bool:
    """Whether it is, or is in, a folder that a committer removes as a whole."""
    return any(name.startswith(TEMPORARY) for name in uri.key.split("/"))


def _check_token(given: bytes, token: str) -> None:
    if not compare_digest(given, token.encode()):
        raise Denied("the address does not begin with this gateway's token")


def _text(encoded: bytes) -> str:
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"a path is not UTF-8: {encoded!r}") from None


def _located(path: str) -> S3Uri:
    """Bucket and key of `bucket/key`, with or without a slash at the end."""
    bucket, _, key = path.partition("/")
    key = key.removesuffix("/")
    if not bucket:
        raise Malformed("a path names no bucket")
    for name in key.split("/") if key else []:
        if name in ("", ".", ".."):
            raise Malformed(f"s3://{path}: a path cannot have the name {name!r} in it")
    if "\0" in path:
        raise Malformed(f"a path has a NUL character in it: {path!r}")
    if len(key.encode("utf-8", "surrogatepass")) > KEY_BYTES:
        raise Malformed(f"s3://{path[:60]}...: S3 has no keys over {KEY_BYTES} bytes")
    return S3Uri(bucket, key)
