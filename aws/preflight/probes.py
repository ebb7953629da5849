"""The facts that checks.py judges, asked of AWS. Changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from aws.account import QUICK, Account
from aws.preflight.checks import principal

STANDARD = "acdhimrtz"  # families that the quotas of standard instances count


class Probes:
    """What an account tells. Errors of AWS pass through, but for what means that something is not there."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # a session makes one client at a time

    def client(self, service: str) -> Any:
        """A boto3 client, the same each time."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.account.session.client(service, config=QUICK)
            return self._clients[service]

    def quota(self, service: str, code: str) -> float | None:
        """A quota by its code, or by a word of its name; None where it is not to be read."""
        quotas = self.client("service-quotas")
        try:
            if not code.startswith("L-"):
                return next(
                    (one["Value"] for one in self._quotas(service) if code in one["QuotaName"].lower()), None
                )
            asked = {"ServiceCode": service, "QuotaCode": code}
            # One that was never changed has a default only
            found = or_none(lambda: quotas.get_service_quota(**asked), "NoSuchResourceException")
            found = found or quotas.get_aws_default_service_quota(**asked)
            return float(found["Quota"]["Value"])
        except ClientError:
            return None

    def _quotas(self, service: str) -> Iterable[dict[str, Any]]:
        for page in (
            self.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
        ):
            yield from page["Quotas"]

    def count(self, service: str, operation: str, key: str, **request: Any) -> int | None:
        """How many of something there are; None where that is not to be read."""
        client = self.client(service)
        try:
            if not client.can_paginate(operation):
                return len(getattr(client, operation)(**request)[key])
            return sum(len(page[key]) for page in client.get_paginator(operation).paginate(**request))
        except ClientError:
            return None

    def vcpus_in_use(self) -> tuple[int, int] | None:
        """vCPUs of running standard instances: On-Demand, Spot; None where that is not to be read."""
        used = [0, 0]
        wanted = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        try:
            for page in self.client("ec2").get_paginator("describe_instances").paginate(Filters=wanted):
                for one in (item for group in page["Reservations"] for item in group["Instances"]):
                    if one["InstanceType"][0] in STANDARD:
                        options = one.get("CpuOptions", {})
                        number = options.get("CoreCount", 1) * options.get("ThreadsPerCore", 1)
                        used[one.get("InstanceLifecycle") == "spot"] += number
        except ClientError:
            return None
        return used[0], used[1]

    def vcpus_of(self, types: Collection[str]) -> dict[str, int]:
        """vCPUs of those instance types that the region has."""
        wanted = [{"Name": "instance-type", "Values": sorted(types)}]
        pages = self.client("ec2").get_paginator("describe_instance_types").paginate(Filters=wanted)
        return {
            one["InstanceType"]: one["VCpuInfo"]["DefaultVCpus"]
            for page in pages
            for one in page["InstanceTypes"]
        }

    def zones_of(self, types: Collection[str]) -> dict[str, set[str]]:
        """The zones that offer an instance type, of those types that any does."""
        found: dict[str, set[str]] = {}
        pages = (
            self.client("ec2")
            .get_paginator("describe_instance_type_offerings")
            .paginate(
                LocationType="availability-zone",
                Filters=[{"Name": "instance-type", "Values": sorted(types)}],
            )
        )
        for page in pages:
            for one in page["InstanceTypeOfferings"]:
                found.setdefault(one["InstanceType"], set()).add(one["Location"])
        return found

    def has_role(self, name: str) -> bool | None:
        """Whether there is an IAM role; None where that is not to be read."""
        iam = self.client("iam")
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            return False
        except ClientError:
            return None
        return True

    def release(self, label: str) -> list[str] | None:
        """The applications of an EMR release; None where there is no such release."""
        emr = self.client("emr")
        try:
            return [one["Name"] for one in emr.describe_release_label(ReleaseLabel=label)["Applications"]]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("InvalidRequestException", "ValidationException"):
                return None
            raise

    def secret(self, name: str) -> str | None:
        """A secret's text; None where there is none."""
        secrets = self.client("secretsmanager")
        try:
            return str(secrets.get_secret_value(SecretId=name)["SecretString"])
        except secrets.exceptions.ResourceNotFoundException:
            return None

    def decisions(self, actions: dict[str, str]) -> dict[str, str] | None:
        """What IAM's simulation says of actions on resources; None where it cannot simulate the caller."""
        arn = principal(self.account.caller)
        if arn == "":
            return dict.fromkeys(actions, "allowed")  # the root user
        if arn is None:
            return None
        iam = self.client("iam")
        if ":role/" in arn:
            # A session does not know its role's path; where that may not be asked, it has the usual one
            role = or_none(partial(iam.get_role, RoleName=arn.rpartition("/")[2]), "AccessDenied")
            arn = role["Role"]["Arn"] if role else arn
        found: dict[str, str] = {}
        for action, resource in actions.items():
            answer = iam.simulate_principal_policy(
                PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource]
            )
            found[action] = answer["EvaluationResults"][0]["EvalDecision"]
        return found


def or_none(ask: Callable[[], Any], *codes: str) -> Any:
    """The answer; None where AWS answers with one of these error codes."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise
