"""Where moto answers otherwise than AWS and a deployment would notice: each mend says what AWS does."""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeBucket

PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def install() -> None:
    """Mend them all."""
    _bucket_policies()


def _bucket_policies() -> None:
    """S3 looks at a statement's condition: one about plain HTTP does not concern a call by TLS.

    moto looks at no condition, so such a statement denies everything. Calls to the rehearsal stand for calls
    by TLS.
    """
    permission = FakeBucket.get_permission

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> Any:
        written = bucket.policy
        if written is None:
            return permission(bucket, action, resource)
        policy = json.loads(written)
        statements = [one for one in policy["Statement"] if one.get("Condition") != PLAIN_HTTP]
        bucket.policy = json.dumps({**policy, "Statement": statements}).encode()
        try:
            return permission(bucket, action, resource)
        finally:
            bucket.policy = written

    setattr(FakeBucket, permission.__name__, get_permission)
