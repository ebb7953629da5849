"""The AWS account that the environment leads to: who calls, in which region."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from aws import refusals
from embedded.errors import Unusable

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})
QUICK = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=10, read_timeout=20)


@dataclass(frozen=True)
class Account:
    """An account, its twelve digits in `id`, the region, and `caller`: the ARN of who asks."""

    session: Any
    id: str
    region: str
    caller: str

    @classmethod
    def of_environment(cls) -> Account:
        """Ask AWS who this is; raises refusals.NoCredentials, Unusable for any other obstacle."""
        exported = os.environ.get("AWS_REGION") or None  # botocore itself knows AWS_DEFAULT_REGION only
        with refusals.named(exported or ""):
            session = boto3.Session(region_name=exported)
        region = session.region_name or ""
        if not region:
            _check_credentials(session)  # a dry run can do without them, and then without a region
            raise Unusable(refusals.NO_REGION)
        try:
            with refusals.named(region):
                identity = session.client("sts", config=QUICK).get_caller_identity()
        except ValueError as error:  # a region or an AWS_ENDPOINT_URL that makes no address
            raise Unusable(f"the AWS settings are not usable: {error}: check AWS_REGION") from None
        return cls(session, identity["Account"], region, identity["Arn"])

    def client(self, service: str) -> Any:
        """A boto3 client that tries again where AWS is too busy."""
        return self.session.client(service, config=PATIENT)


def _check_credentials(session: boto3.Session) -> None:
    """Raise refusals.NoCredentials where there are none."""
    with refusals.named():
        if not session.get_credentials():
            raise NoCredentialsError
