"""The pipeline's bucket as a whole: whether its name is free, and how it is emptied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from embedded.errors import Unusable

MOST = 1000  # objects that one call deletes


def check_free(s3: Any, bucket: str, stack: str) -> None:
    """Raise Unusable if a bucket of this name exists, of whomever it is, before `stack` is to make it."""
    try:
        s3.head_bucket(Bucket=bucket)
        whose = f"is in this account already, and not of stack {stack}"
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return
        whose = "is taken by somebody else, or not to be seen with these credentials"
    raise Unusable(f"the bucket name {bucket} {whose}: export BUCKET_NAME with another one")


def exists(s3: Any, bucket: str) -> bool:
    """Whether there is such a bucket that is ours to see."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            return False
        raise
    return True


def empty(s3: Any, bucket: str, say: Callable[[str], None]) -> int:
    """Delete every version of every object, and uploads that never ended; returns how many."""
    gone = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, MaxKeys=MOST):
        found = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        ]
        if not found:
            continue
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise Unusable(
                f"s3://{bucket}/{error['Key']} cannot be deleted ({error['Code']}): see docs/aws.md"
            )
        gone += len(found)
        say(f"  s3://{bucket}: {gone} versions deleted")
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for item in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=bucket, Key=item["Key"], UploadId=item["UploadId"])
            gone += 1
    return gone
