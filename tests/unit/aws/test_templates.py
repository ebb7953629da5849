"""The CloudFormation templates: valid, private and encrypted by default, tagged, and fed by the profiles."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs, ParameterSet  # type: ignore[import-untyped]
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from embedded.airflow_home import SECRETS_BACKEND, SECRETS_BACKEND_KWARGS
from tests.unit.aws.templates import FOLDER, NAMES, REGION, load, refusals, render

ROOT = Path(__file__).parents[3]
OURS = ["network", "storage", "roles", "database", "airflow", "deployer"]
REGIONS = ["eu-west-2", "us-east-1"]
SUBNETS = "subnet-0123456789abcdef0,subnet-0123456789abcdef1"
MORE_SUBNETS = "subnet-0123456789abcdef2,subnet-0123456789abcdef3"
VPC, GROUP = "vpc-0123456789abcdef0", "sg-0123456789abcdef0"
PREFIX = {"Prefix": "tubepulse"}
BUCKET = PREFIX | {"BucketName": "tubepulse-111122223333-eu-west-2"}
DATABASE = PREFIX | {"VpcId": VPC, "SubnetIds": SUBNETS, "AirflowSecurityGroupId": GROUP}
AIRFLOW = BUCKET | {
    "EnvironmentName": "tubepulse", "AirflowRoleArn": "arn:aws:iam::111122223333:role/tubepulse-airflow",
    "PrivateSubnetIds": SUBNETS, "AirflowSecurityGroupId": GROUP, "RequirementsVersion": "v.1_a",
    "StartupVersion": "null",
}  # fmt: skip
OWN = PREFIX | {"ExistingVpcId": VPC}

# Every way a template can go: the defaults of both profiles, and the edges
CASES = {
    "network": PREFIX,
    "network without NAT": PREFIX | {"NatGateway": "false", "VpcCidr": "192.168.0.0/16"},
    "network of an own VPC": OWN
    | {"ExistingPrivateSubnetIds": SUBNETS, "ExistingPublicSubnetIds": MORE_SUBNETS},
    "network of an own private VPC": OWN | {"ExistingPrivateSubnetIds": SUBNETS},
    "network of an own public VPC": OWN | {"ExistingPublicSubnetIds": SUBNETS, "NatGateway": "false"},
    "storage": PREFIX,
    "storage with a name": BUCKET | {"RetentionDays": "1"},
    "roles": BUCKET | {"EnvironmentName": "tubepulse"},
    "roles without Airflow": BUCKET,
    "database": DATABASE,
    "database open to a site": DATABASE | {"AllowedSiteCidr": "203.0.113.7/32"},
    "airflow": AIRFLOW,
    "airflow at its smallest": AIRFLOW | {"EnvironmentClass": "mw1.micro", "AirflowVersion": "3.0.6"},
    "deployer": {},
    "deployer of an own bucket": {"BucketName": "a-bucket"},
}


def rendered(case: str, **more: str) -> dict[str, Any]:
    return render(case.split()[0], CASES[case] | more)


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        resource.get("Properties", {}) | {"_": resource}
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text()
    assert lint(text, config=ManualArgs(regions=REGIONS, include_checks=["I"])) == []


@pytest.mark.parametrize("case", CASES)
def test_cfn_lint_finds_nothing_with_parameters(case: str) -> None:
    """Parameters decide conditions and are put where they are referred to."""
    name = case.split()[0]
    declared = load(name)["Parameters"]
    given = {
        key: value.split(",") if declared[key]["Type"] == "CommaDelimitedList" else value
        for key, value in CASES[case].items()
    }
    template = (FOLDER / f"{name}.yaml").read_text()
    settings = ManualArgs(regions=REGIONS, parameters=[ParameterSet(parameters=given)])
    assert lint(template, config=settings) == []


# --- The profiles feed the templates


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_a_profiles_stacks_fit_the_templates(profile: str) -> None:
    stacks = json.loads((ROOT / "profiles" / profile / "stacks.json").read_text())
    known = {"StackPrefix", "AccountId", "Region", "RequirementsVersion", "StartupVersion"}
    for name, given in stacks["parameters"].items():
        template = load(name)
        parameters = template["Parameters"]
        assert set(given) <= set(parameters), name
        assert {key for key, value in parameters.items() if "Default" not in value} <= set(given), name
        for value in given.values():
            for placeholder in re.findall(r"\$\{(\w+)", value):
                assert placeholder.isupper() or placeholder in known, f"{name}: {placeholder}"
        known |= set(template["Outputs"])


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_a_profiles_connections_are_filled_by_the_stacks(profile: str) -> None:
    stacks = json.loads((ROOT / "profiles" / profile / "stacks.json").read_text())
    outputs = {output for name in stacks["parameters"] for output in load(name)["Outputs"]}
    folder = ROOT / "profiles" / profile
    text = (folder / "connections.json").read_text() + (folder / "variables.json").read_text()
    wanted = {name for name in re.findall(r"\$\{(\w+)", text) if not name.isupper()}
    assert {
        "ClusterSubnet1",
        "ClusterSubnet2",
        "EmrServiceRole",
        "EmrInstanceProfile",
        "BucketName",
    } <= wanted
    # What the deployment knows or reads itself
    assert wanted - {"PipelinePassword", "RolesVersion", "StackPrefix"} <= outputs


@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_the_raw_prefix_is_the_variables(profile: str) -> None:
    """Roles and life-cycle rules are for the folder that the DAG writes."""
    folder = ROOT / "profiles" / profile
    variables = json.loads((folder / "variables.json").read_text())["london-housing-webapp"]
    stacks = json.loads((folder / "stacks.json").read_text())["parameters"]
    for name in ("storage", "roles"):
        default = load(name)["Parameters"]["RawPrefix"]["Default"]
        assert stacks[name].get("RawPrefix", default) == variables["output_key"]


# --- What every template has


@pytest.mark.parametrize("name", OURS)
def test_what_can_be_tagged_is_tagged(name: str) -> None:
    for logical_id, resource in load(name)["Resources"].items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        if not schema.get("tagging", {}).get("taggable") or resource["Type"] == "AWS::IAM::ManagedPolicy":
            continue  # an administrator makes the policies, and no deployment looks for them
        tags = resource["Properties"]["Tags"]
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        assert tags["project"] == "tubepulse", logical_id
        assert tags["prefix"] == {"Ref": "Prefix"}, logical_id


@pytest.mark.parametrize("name", OURS)
def test_parameters_explain_themselves(name: str) -> None:
    template = load(name)
    assert template["Description"]
    for key, parameter in template["Parameters"].items():
        assert parameter["Description"], key
        constrained = {"AllowedPattern", "MinValue"} & set(parameter)
        assert not constrained or parameter["ConstraintDescription"], key
        assert constrained or "AllowedValues" in parameter or parameter["Type"].startswith("AWS::"), key
        if "Default" in parameter:
            assert refusals(name, CASES[name] | {key: str(parameter["Default"])}) == [], key


@pytest.mark.parametrize("name", OURS)
def test_a_template_can_be_sent_with_the_call(name: str) -> None:
    assert len((FOLDER / f"{name}.yaml").read_bytes()) <= 51_200


@pytest.mark.parametrize("name", OURS)
def test_nothing_is_exported_and_no_policy_stands_alone(name: str) -> None:
    template = load(name)
    assert all("Export" not in output for output in template.get("Outputs", {}).values())
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert not kinds & {"AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::EC2::SecurityGroupEgress"}


@pytest.mark.parametrize(
    ("case", "wrong", "says"),
    [
        ("network", {"Prefix": "Tubepulse"}, "2 to 20 lower-case letters"),
        ("network", {"Prefix": "a" * 21}, "2 to 20 lower-case letters"),
        ("network", {"VpcCidr": "8.8.0.0/16"}, "a private /16 network"),
        ("network", {"VpcCidr": "10.192.0.0/20"}, "a private /16 network"),
        ("network", {"NatGateway": "yes"}, "NatGateway"),
        ("network", {"ExistingVpcId": "my-vpc"}, "the id of a VPC"),
        ("network without NAT", {"ExistingVpcId": VPC}, "needs PRIVATE_SUBNET_IDS or PUBLIC_SUBNET_IDS"),
        (
            "network",
            {"ExistingVpcId": VPC, "ExistingPublicSubnetIds": SUBNETS},
            "Airflow on AWS needs two private subnets",
        ),
        ("network", {"ExistingPrivateSubnetIds": SUBNETS}, "need their VPC"),
        ("network", {"ExistingPrivateSubnetIds": SUBNETS.split(",")[0]}, "the ids of two subnets"),
        ("storage", {"BucketName": "with_underscore"}, "3 to 63 lower-case letters"),
        ("storage", {"BucketName": "with.dot"}, "3 to 63 lower-case letters"),
        ("storage", {"RetentionDays": "0"}, "1 to 3650 days"),
        ("storage", {"RawPrefix": "/api_output/"}, "without a slash at its ends"),
        ("roles", {"BucketName": "*"}, "the name of a bucket"),
        ("database", {"AllowedSiteCidr": "0.0.0.0/0"}, "an IPv4 network of at most 256 addresses"),
        ("database", {"AllowedSiteCidr": "203.0.0.0/16"}, "an IPv4 network of at most 256 addresses"),
        ("database", {"AllowedSiteCidr": "203.0.113.7"}, "an IPv4 network of at most 256 addresses"),
        ("database", {"EngineVersion": "17.6"}, "a major version"),
        ("database", {"DatabaseName": "with-hyphen"}, "lower-case letters, digits and underscores"),
        ("airflow", {"AirflowVersion": "2.10.3"}, "AirflowVersion"),
        ("airflow", {"EnvironmentClass": "pw1.small"}, "EnvironmentClass"),
        ("airflow", {"PrivateSubnetIds": "a,b"}, "the ids of two subnets"),
    ],
)
def test_a_wrong_value_is_refused_with_a_reason(case: str, wrong: dict[str, str], says: str) -> None:
    (refusal,) = refusals(case.split()[0], CASES[case] | wrong)
    assert says in refusal


# --- network


def test_the_network_of_profile_aws() -> None:
    template = rendered("network")
    subnets = {
        key: value["Properties"]
        for key, value in template["Resources"].items()
        if "CidrBlock" in value["Properties"] and key != "Vpc"
    }
    assert {key: (subnet["CidrBlock"], subnet["AvailabilityZone"]) for key, subnet in subnets.items()} == {
        "PublicSubnet1": ("10.192.0.0/20", "eu-west-2a"),
        "PublicSubnet2": ("10.192.16.0/20", "eu-west-2b"),
        "PrivateSubnet1": ("10.192.32.0/20", "eu-west-2a"),
        "PrivateSubnet2": ("10.192.48.0/20", "eu-west-2b"),
    }
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets.values())
    assert len(of_type(template, "AWS::EC2::NatGateway")) == 1
    (endpoint,) = of_type(template, "AWS::EC2::VPCEndpoint")
    assert endpoint["RouteTableIds"] == ["PublicRouteTable", "PrivateRouteTable"]
    assert outputs(template) == {
        "VpcId": "Vpc", "PublicSubnetIds": "PublicSubnet1,PublicSubnet2",
        "PrivateSubnetIds": "PrivateSubnet1,PrivateSubnet2", "ClusterSubnet1": "PrivateSubnet1",
        "ClusterSubnet2": "PrivateSubnet2", "AirflowSecurityGroupId": "AirflowSecurityGroup.GroupId",
    }  # fmt: skip


def test_the_network_of_profile_emr_is_free() -> None:
    """Public subnets, whose clusters have addresses of their own; no NAT gateway, nothing private."""
    template = rendered("network without NAT")
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::EIP"}
    assert all(subnet["MapPublicIpOnLaunch"] for subnet in of_type(template, "AWS::EC2::Subnet"))
    (endpoint,) = of_type(template, "AWS::EC2::VPCEndpoint")
    assert endpoint["RouteTableIds"] == ["PublicRouteTable"]
    assert outputs(template) == {
        "VpcId": "Vpc", "PublicSubnetIds": "PublicSubnet1,PublicSubnet2", "ClusterSubnet1": "PublicSubnet1",
        "ClusterSubnet2": "PublicSubnet2", "AirflowSecurityGroupId": "AirflowSecurityGroup.GroupId",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("case", "public", "cluster", "private"),
    [
        ("network of an own VPC", MORE_SUBNETS, SUBNETS, SUBNETS),
        ("network of an own private VPC", SUBNETS, SUBNETS, SUBNETS),
        ("network of an own public VPC", SUBNETS, SUBNETS, None),
    ],
)
def test_an_own_vpc_is_used_and_only_gets_a_security_group(
    case: str, public: str, cluster: str, private: str | None
) -> None:
    template = rendered(case)
    assert set(template["Resources"]) == {"AirflowSecurityGroup", "AirflowReachesItself"}
    found = outputs(template)
    assert found["VpcId"] == VPC
    assert found["PublicSubnetIds"] == public
    assert found.get("PrivateSubnetIds") == private
    assert f"{found['ClusterSubnet1']},{found['ClusterSubnet2']}" == cluster


def test_emr_may_use_the_vpc_and_its_subnets() -> None:
    """AmazonEMRServicePolicy_v2 asks for this tag."""
    for case in ("network", "network without NAT"):
        template = rendered(case)
        for kind in ("AWS::EC2::VPC", "AWS::EC2::Subnet"):
            assert all(
                {"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"} in properties["Tags"]
                for properties in of_type(template, kind)
            )


def outputs(template: dict[str, Any]) -> dict[str, str]:
    return {key: output["Value"] for key, output in template["Outputs"].items()}


# --- What is open


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_open_to_the_internet(case: str) -> None:
    template = rendered(case)
    for rule in of_type(template, "AWS::EC2::SecurityGroupIngress"):
        assert rule.get("CidrIp") in (None, "203.0.113.7/32")
        assert "CidrIpv6" not in rule
    for group in of_type(template, "AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in group


def test_airflow_reaches_itself_and_the_database() -> None:
    (rule,) = of_type(rendered("network"), "AWS::EC2::SecurityGroupIngress")
    assert rule["GroupId"] == rule["SourceSecurityGroupId"] == "AirflowSecurityGroup.GroupId"
    assert rule["IpProtocol"] == "-1"
    (rule,) = of_type(rendered("database"), "AWS::EC2::SecurityGroupIngress")
    assert (rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == (GROUP, 5432, 5432)


def test_the_database_is_private_unless_a_site_is_allowed() -> None:
    (private,) = of_type(rendered("database"), "AWS::RDS::DBInstance")
    assert private["PubliclyAccessible"] is False
    template = rendered("database open to a site")
    (opened,) = of_type(template, "AWS::RDS::DBInstance")
    assert opened["PubliclyAccessible"] is True
    (rule,) = [rule for rule in of_type(template, "AWS::EC2::SecurityGroupIngress") if "CidrIp" in rule]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("203.0.113.7/32", 5432, 5432)
    same = {"PubliclyAccessible", "_"}
    assert {key: value for key, value in opened.items() if key not in same} == {
        key: value for key, value in private.items() if key not in same
    }


# --- database, storage


def test_the_database_is_encrypted_kept_and_without_a_password_of_ours() -> None:
    template = rendered("database")
    (database,) = of_type(template, "AWS::RDS::DBInstance")
    assert database["StorageEncrypted"] is True
    assert database["StorageType"] == "gp3"
    assert database["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database
    assert database["BackupRetentionPeriod"] == 7
    assert database["CopyTagsToSnapshot"] is True
    assert database["AutoMinorVersionUpgrade"] is True
    assert database["_"]["DeletionPolicy"] == database["_"]["UpdateReplacePolicy"] == "Snapshot"
    (settings,) = of_type(template, "AWS::RDS::DBParameterGroup")
    assert settings["Family"] == "postgres17"
    assert settings["Parameters"] == {"rds.force_ssl": "1"}
    assert database["DBParameterGroupName"] == "Settings"


def test_each_role_has_a_password_that_needs_no_escaping() -> None:
    found = {
        secret["Name"]: secret["GenerateSecretString"]
        for secret in of_type(rendered("database"), "AWS::SecretsManager::Secret")
    }
    assert sorted(found) == ["tubepulse/database/pipeline", "tubepulse/database/webapp"]
    for name, generated in found.items():
        assert json.loads(generated["SecretStringTemplate"]) == {"username": name.rpartition("/")[2]}
        assert generated["GenerateStringKey"] == "password"
        assert generated["ExcludePunctuation"] is True
        assert generated["PasswordLength"] >= 32


def test_the_bucket_is_what_mwaa_demands_and_closed() -> None:
    template = rendered("storage")
    (bucket,) = of_type(template, "AWS::S3::Bucket")
    assert bucket["BucketName"] == "tubepulse-111122223333-eu-west-2"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    blocks = bucket["PublicAccessBlockConfiguration"]
    assert blocks == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (policy,) = of_type(template, "AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    arn = "arn:aws:s3:::tubepulse-111122223333-eu-west-2"
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Resource"] == [arn, f"{arn}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_posts_homes_and_logs_are_not_kept_for_ever() -> None:
    (bucket,) = of_type(rendered("storage", RetentionDays="14"), "AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    expired = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert expired == {"api_output/": "14", "sentiment/": "14", "housing/": "14", "logs/": "14"}
    old = {
        rule["Prefix"]: rule["NoncurrentVersionExpiration"] for rule in rules if "ExpirationInDays" in rule
    }
    assert list(old.values()) == [{"NoncurrentDays": 1}] * len(expired)
    (uploads,) = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    (versions,) = [rule for rule in rules if rule["Id"] == "old-versions"]
    assert not {"Prefix", "TagFilters"} & {*uploads, *versions}  # the whole bucket
    # requirements.txt and startup.sh are named by their versions
    assert versions["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] >= 1


# --- airflow


def test_airflow_reads_its_settings_as_on_one_machine() -> None:
    (environment,) = of_type(rendered("airflow"), "AWS::MWAA::Environment")
    options = environment["AirflowConfigurationOptions"]
    assert options["secrets.backend"] == SECRETS_BACKEND
    assert json.loads(options["secrets.backend_kwargs"]) == SECRETS_BACKEND_KWARGS
    assert options["core.task_success_overtime"] == "60"
    assert all(isinstance(value, str) for value in options.values())


def test_airflow_takes_its_files_by_version_from_the_bucket() -> None:
    (environment,) = of_type(rendered("airflow"), "AWS::MWAA::Environment")
    assert environment["SourceBucketArn"] == "arn:aws:s3:::tubepulse-111122223333-eu-west-2"
    assert environment["DagS3Path"] == "dags"
    assert environment["RequirementsS3Path"] == "requirements.txt"
    assert environment["RequirementsS3ObjectVersion"] == "v.1_a"
    assert environment["StartupScriptS3Path"] == "startup.sh"
    assert environment["StartupScriptS3ObjectVersion"] == "null"
    assert environment["NetworkConfiguration"] == {
        "SubnetIds": SUBNETS.split(","), "SecurityGroupIds": [GROUP],
    }  # fmt: skip


def test_all_logs_of_airflow_are_on() -> None:
    (environment,) = of_type(rendered("airflow", LogLevel="DEBUG"), "AWS::MWAA::Environment")
    logs = environment["LoggingConfiguration"]
    assert set(logs) == {"TaskLogs", "WorkerLogs", "SchedulerLogs", "DagProcessingLogs", "WebserverLogs"}
    assert all(log["Enabled"] is True for log in logs.values())
    assert logs["TaskLogs"]["LogLevel"] == "DEBUG"


@pytest.mark.parametrize(("case", "workers"), [("airflow", ("1", "2")), ("airflow at its smallest", (1, 1))])
def test_a_micro_environment_has_one_worker(case: str, workers: tuple[Any, Any]) -> None:
    (environment,) = of_type(rendered(case), "AWS::MWAA::Environment")
    assert (environment["MinWorkers"], environment["MaxWorkers"]) == workers


# --- roles


def test_without_airflow_on_aws_there_is_no_role_for_it() -> None:
    without = rendered("roles without Airflow")
    assert "AirflowRole" not in without["Resources"]
    assert outputs(without) == {
        "EmrServiceRole": "tubepulse-eu-west-2-emr", "EmrInstanceProfile": "tubepulse-eu-west-2-emr-nodes",
    }  # fmt: skip
    assert outputs(rendered("roles"))["AirflowRoleArn"] == (
        "arn:aws:iam::111122223333:role/tubepulse-eu-west-2-airflow"
    )


def test_the_instance_profile_is_named_as_its_role() -> None:
    """EMR refuses any other."""
    template = rendered("roles")
    (profile,) = of_type(template, "AWS::IAM::InstanceProfile")
    assert profile["InstanceProfileName"] == "tubepulse-eu-west-2-emr-nodes"
    assert profile["Roles"] == ["tubepulse-eu-west-2-emr-nodes"]


def test_the_longest_prefix_still_makes_names_that_iam_takes() -> None:
    template = render("roles", CASES["roles"] | {"Prefix": "a" * 20}, region="ap-southeast-2")
    names = [role["RoleName"] for role in of_type(template, "AWS::IAM::Role")]
    assert len(names) == 3
    assert all(len(name) <= 64 for name in names)
