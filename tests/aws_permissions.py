"""What IAM asks for an AWS call: actions, resources and condition keys.

    for need in aws_permissions.needs(call, account="111122223333"):
        assert allowed(documents, need.action, need.resource, need.context)

`call` is one that tests/aws_calls.py has recorded. Where AWS's own documentation says that a call asks for
more than the action of its name, so does this table. A call that is not in it is an error.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Call = Mapping[str, Any]
Context = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Need:
    """One question to IAM. `resource` is "*" where the action knows no resources."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


def needs(
    call: Call,
    account: str,
    *,
    cluster_tags: Mapping[str, str] | None = None,
    request_tags: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> list[Need]:
    """The questions that the call leads to.

    `cluster_tags` are those of the EMR clusters it names; `request_tags` and `roles` (parameter -> role name)
    replace what a RunJobFlow request says that an emulator was asked.
    """
    where = _Where(
        call["region"] or "", account, dict(cluster_tags or {}), dict(request_tags or {}), dict(roles or {})
    )
    asked = TABLE.get(call["service"], {}).get(call["operation"])
    if asked is None:
        raise NotImplementedError(f"{call['service']}:{call['operation']} is not in tests/aws_permissions.py")
    return list(asked(call["params"], where))


@dataclass(frozen=True)
class _Where:
    region: str
    account: str
    cluster_tags: dict[str, str]
    request_tags: dict[str, str]
    roles: dict[str, str]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def role(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"


Asked = Callable[[Mapping[str, Any], _Where], Iterable[Need]]


def _anywhere(*actions: str) -> Asked:
    return lambda params, where: [Need(action) for action in actions]


# --- S3: objects and buckets have no region and no account in their ARNs


def _bucket(action: str) -> Asked:
    return lambda params, where: [Need(f"s3:{action}", f"arn:aws:s3:::{params['Bucket']}")]


def _object(action: str, versioned: str = "") -> Asked:
    def asked(params: Mapping[str, Any], where: _Where) -> list[Need]:
        name = versioned if versioned and params.get("VersionId") else action
        return [Need(f"s3:{name}", f"arn:aws:s3:::{params['Bucket']}/{params['Key']}")]

    return asked


def _objects_deleted(params: Mapping[str, Any], where: _Where) -> list[Need]:
    one = _object("DeleteObject", "DeleteObjectVersion")
    return [
        need
        for item in params["Delete"]["Objects"]
        for need in one({"Bucket": params["Bucket"], **item}, where)
    ]


# --- Secrets Manager: an ARN ends with six characters of its own


def _secret(*actions: str) -> Asked:
    def asked(params: Mapping[str, Any], where: _Where) -> list[Need]:
        name = params.get("SecretId") or params["Name"]
        resource = name if name.startswith("arn:") else where.arn("secretsmanager", f"secret:{name}-AbCdEf")
        # RDS writes on an administrator's secret which instance it is for; the stacks' one is named like this
        instance = where.arn("rds", "db:tubepulse")
        context = {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": instance} if ":rds!db-" in resource else {}
        return [Need(f"secretsmanager:{action}", resource, context) for action in actions]

    return asked


# --- EMR


def _cluster(action: str) -> Asked:
    def asked(params: Mapping[str, Any], where: _Where) -> list[Need]:
        one = params.get("ClusterId") or params.get("JobFlowId")
        ids = [one] if one else params["JobFlowIds"]
        context: dict[str, str | list[str]] = {}
        for key, value in where.cluster_tags.items():
            context |= {f"elasticmapreduce:ResourceTag/{key}": value, f"aws:ResourceTag/{key}": value}
        return [
            Need(
                f"elasticmapreduce:{action}",
                where.arn("elasticmapreduce", f"cluster/{cluster}"),
                context,
            )
            for cluster in ids
        ]

    return asked


def _cluster_made(params: Mapping[str, Any], where: _Where) -> list[Need]:
    """Beside RunJobFlow: tags and idle time-out of a cluster without an id yet, and both its roles."""
    tags = where.request_tags or {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
    context: dict[str, str | list[str]] = {"aws:TagKeys": sorted(tags)}
    for key, value in tags.items():
        context |= {f"aws:RequestTag/{key}": value, f"elasticmapreduce:RequestTag/{key}": value}
    new = where.arn("elasticmapreduce", "cluster/*")
    found = [Need("elasticmapreduce:RunJobFlow", "*", context)]
    if tags:
        found.append(Need("elasticmapreduce:AddTags", new, context))
    if "AutoTerminationPolicy" in params:
        found.append(Need("elasticmapreduce:PutAutoTerminationPolicy", new))
    for parameter, service in (("ServiceRole", "elasticmapreduce"), ("JobFlowRole", "ec2")):
        role = where.role(where.roles.get(parameter) or params[parameter].rpartition("/")[2])
        found.append(Need("iam:PassRole", role, {"iam:PassedToService": f"{service}.amazonaws.com"}))
    return found


# --- CloudFormation: a stack is named, or its ARN is given, or the ARN of a change set


def _stack(action: str) -> Asked:
    def asked(params: Mapping[str, Any], where: _Where) -> list[Need]:
        name = params.get("StackName") or params["ChangeSetName"]
        resource = name if name.startswith("arn:") else where.arn("cloudformation", f"stack/{name}/an-id")
        found = [Need(f"cloudformation:{action}", resource)]
        if params.get("Tags"):
            found.append(Need("cloudformation:TagResource", resource))
        return found

    return asked


STACK_CALLS = (
    "ContinueUpdateRollback", "CreateChangeSet", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet",
    "DescribeStackEvents", "DescribeStackResource", "DescribeStackResources", "DescribeStacks",
    "ExecuteChangeSet", "GetTemplate", "ListChangeSets", "ListStackResources", "RollbackStack",
)  # fmt: skip
CLUSTER_CALLS = (
    "AddJobFlowSteps", "CancelSteps", "DescribeCluster", "DescribeStep", "ListInstanceFleets", "ListSteps",
    "PutAutoTerminationPolicy", "SetTerminationProtection", "TerminateJobFlows",
)  # fmt: skip
SECRET_CALLS = (
    "DeleteSecret", "DescribeSecret", "GetSecretValue", "PutSecretValue", "RestoreSecret", "TagResource",
    "UntagResource", "UpdateSecret",
)  # fmt: skip

TABLE: dict[str, dict[str, Asked]] = {
    "s3": {
        "AbortMultipartUpload": _object("AbortMultipartUpload"),
        "CompleteMultipartUpload": _object("PutObject"),
        "CreateMultipartUpload": _object("PutObject"),
        "DeleteObject": _object("DeleteObject", "DeleteObjectVersion"),
        "DeleteObjects": _objects_deleted,
        "GetObject": _object("GetObject", "GetObjectVersion"),
        "HeadBucket": _bucket("ListBucket"),
        "HeadObject": _object("GetObject", "GetObjectVersion"),
        "ListMultipartUploads": _bucket("ListBucketMultipartUploads"),
        "ListObjectVersions": _bucket("ListBucketVersions"),
        "ListObjects": _bucket("ListBucket"),
        "ListObjectsV2": _bucket("ListBucket"),
        "PutObject": _object("PutObject"),
        "UploadPart": _object("PutObject"),
    },
    "secretsmanager": {
        **{name: _secret(name) for name in SECRET_CALLS},
        "CreateSecret": _secret("CreateSecret", "TagResource"),
        "ListSecrets": _anywhere("secretsmanager:ListSecrets"),
    },
    "emr": {
        **{name: _cluster(name) for name in CLUSTER_CALLS},
        "DescribeReleaseLabel": _anywhere("elasticmapreduce:DescribeReleaseLabel"),
        "ListClusters": _anywhere("elasticmapreduce:ListClusters"),
        "ListReleaseLabels": _anywhere("elasticmapreduce:ListReleaseLabels"),
        "RunJobFlow": _cluster_made,
    },
    "cloudformation": {name: _stack(name) for name in STACK_CALLS},
    "sts": {"GetCallerIdentity": _anywhere("sts:GetCallerIdentity")},
}
