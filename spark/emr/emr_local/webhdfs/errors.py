"""What went wrong, as WebHDFS says it: an HTTP status and the name of a Java exception."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from emr_local import s3

DENIED = (
    "401",
    "403",
    "AccessDenied",
    "AllAccessDisabled",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
)


class RemoteError(Exception):
    """An answer that is an exception at the client: `java_class` is thrown there with this text."""

    status = 403
    java_class = "java.io.IOException"

    def body(self) -> dict[str, dict[str, str]]:
        """The JSON that WebHDFS clients read."""
        name = self.java_class.rpartition(".")[2]
        details = {"exception": name, "javaClassName": self.java_class, "message": str(self)}
        return {"RemoteException": details}


class Absent(RemoteError):
    """No file or folder there."""

    status = 404
    java_class = "java.io.FileNotFoundException"


class Denied(RemoteError):
    """Not allowed, by the gateway or by S3."""

    java_class = "org.apache.hadoop.security.AccessControlException"


class AlreadyThere(RemoteError):
    """Something is in the way."""

    java_class = "org.apache.hadoop.fs.FileAlreadyExistsException"


class NotEmpty(RemoteError):
    """A folder that holds something cannot be deleted alone."""

    java_class = "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException"


class Malformed(RemoteError):
    """A request that cannot be right."""

    status = 400
    java_class = "java.lang.IllegalArgumentException"


class Unsupported(RemoteError):
    """An operation that S3 or this gateway does not have."""

    status = 400
    java_class = "java.lang.UnsupportedOperationException"


class Defect(RemoteError):
    """The gateway's own fault."""

    status = 500
    java_class = "java.lang.RuntimeException"


def code_of(error: Exception) -> str:
    """S3's error code; empty when S3 was not reached."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def is_absent(error: Exception) -> bool:
    """Whether S3 says that the object or the bucket is not there."""
    return code_of(error) in s3.ABSENT


def from_s3(address: str, error: ClientError | BotoCoreError) -> RemoteError:
    """What S3's refusal, or its absence, is to a WebHDFS client."""
    if is_absent(error):
        return Absent(f"{address} does not exist")
    if code_of(error) in DENIED:
        return Denied(f"{address}: S3 refused: {error}")
    return RemoteError(f"{address}: {error}")
