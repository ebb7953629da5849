"""Settings are checked against the templates before anything is made; nobody pays for a slip of the pen."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from aws import deploy
from aws.account import Account
from aws.comparison import check_settings
from aws.deployment import Deployment
from aws.infrastructure import templates
from aws.infrastructure.stacks import State
from aws.profile import Source
from aws.target import Target
from embedded.errors import Unusable
from tests.unit.aws import small

NOWHERE = Account(None, "<AccountId>", "<Region>", "")
BUCKET = "3 to 63 lower-case letters, digits and hyphens, or empty"
SITE = "an IPv4 network of at most 256 addresses, for example 203.0.113.7/32, or empty"
REFUSED = [
    ("BUCKET_NAME", "a..b", f"as BucketName: must be: {BUCKET}"),
    ("BUCKET_NAME", "my.bucket.name", f"as BucketName: must be: {BUCKET}"),
    ("BUCKET_NAME", "bucket１", f"as BucketName: must be: {BUCKET}"),
    ("ALLOWED_SITE_CIDR", "0.0.0.0/0", f"as AllowedSiteCidr: must be: {SITE}"),
    ("ALLOWED_SITE_CIDR", "203.0.113.٧/32", f"as AllowedSiteCidr: must be: {SITE}"),
    ("AIRFLOW_MAX_WORKERS", "x", "as MaxWorkers: must be: 1 to 25 workers"),
    ("AIRFLOW_MAX_WORKERS", "26", "as MaxWorkers: must be: 1 to 25 workers"),
    ("AIRFLOW_MAX_WORKERS", "nan", "as MaxWorkers: must be: 1 to 25 workers"),
    ("RETENTION_DAYS", "0", "as RetentionDays: must be: 1 to 3650 days"),
    ("AIRFLOW_VERSION", "2.9.2", "as AirflowVersion: must be: one of 3.3.1, 3.0.6"),
    ("VPC_CIDR", "10.0.0.0/8", "as VpcCidr: must be: a private /16 network, for example 10.192.0.0/16"),
]
NAMES = {name for name, _, _ in REFUSED} | {"VPC_ID", "PRIVATE_SUBNET_IDS", "PUBLIC_SUBNET_IDS"}


@pytest.fixture(autouse=True)
def nothing_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def check(environ: dict[str, str], profile: str = "aws", **states: State) -> None:
    check_settings(Target(Source.read(profile), NOWHERE, environ, states=states))


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {
            "BUCKET_NAME": "my-bucket", "ALLOWED_SITE_CIDR": "203.0.113.7/32", "AIRFLOW_MAX_WORKERS": "25",
            "AIRFLOW_VERSION": "3.0.6", "RETENTION_DAYS": "1", "DATABASE_CLASS": "db.m7g.large",
        },
        {"VPC_ID": "vpc-0123abcd", "PRIVATE_SUBNET_IDS": "subnet-0123abcd,subnet-0123abce"},
        # The template's rules are CloudFormation's
        {"VPC_ID": "vpc-0123abcd"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("profile", ["aws", "emr"])
def test_settings_that_can_be_used(profile: str, environ: dict[str, str]) -> None:
    check(environ, profile)


@pytest.mark.parametrize(("name", "value", "says"), REFUSED)
def test_settings_that_cannot_be_used(name: str, value: str, says: str) -> None:
    with pytest.raises(Unusable) as obstacle:
        check({name: value})
    assert str(obstacle.value) == f"{name}: {value!r} cannot be used {says}"


def test_a_refusal_is_one_line() -> None:
    with pytest.raises(Unusable, match=r"^VPC_ID: 'vpc-0123abcd\\n' cannot be used as ExistingVpcId"):
        check({"VPC_ID": "vpc-0123abcd\n"})


def test_what_a_stack_has_given_is_checked_too() -> None:
    state = State(
        "tubepulse-network", "id", "CREATE_COMPLETE", {"PublicSubnetIds": "subnet-0123abcd,odd"}, {}
    )
    with pytest.raises(
        Unusable, match=r"^profiles/aws/stacks.json, database.SubnetIds: 'subnet-0123abcd,odd'"
    ):
        check({}, network=state)


@pytest.mark.parametrize(("name", "value", "says"), REFUSED[:1] + REFUSED[3:4] + REFUSED[5:6])
def test_nothing_is_made_with_settings_that_cannot_be_used(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with small.account(monkeypatch):
        monkeypatch.setenv(name, value)
        with pytest.raises(Unusable, match=f"^{name}: .*{says}"):
            Deployment(Source.read("aws"), lambda: tmp_path, force=True, look=0).run()
        assert small.stack_names() == set()


PARAMETERS: dict[str, Any] = {
    "Subnets": {"Type": "CommaDelimitedList", "AllowedPattern": "s-[0-9]"},
    "Ports": {"Type": "List<Number>", "MinValue": 1, "MaxValue": 9, "Default": "1"},
    "Share": {"Type": "Number", "MinValue": 0.5, "Default": 1},
    "Nat": {"Type": "String", "AllowedValues": [True, False], "Default": True},
    "Kinds": {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"], "Default": "a"},
}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Subnets": "s-1, s-2", "Ports": "1,9", "Share": "5e-1", "Nat": "true", "Kinds": "b,a"}, ""),
        ({"Subnets": None}, ""),
        ({}, "here: lacks the parameter Subnets, which its template needs"),
        (
            {"Subnet": "s-1"},
            "here: its template has no parameter Subnet; it has: Subnets, Ports, Share, Nat, Kinds",
        ),
        (
            {"Subnets": "s-1,s-x"},
            "Subnets: 's-1,s-x' cannot be used as Subnets: must be: as s-[0-9] describes it",
        ),
        ({"Subnets": ""}, "Subnets: '' cannot be used as Subnets: must be: as s-[0-9] describes it"),
        ({"Ports": "1,10"}, "Ports: '1,10' cannot be used as Ports: must be: a number from 1 to 9"),
        ({"Share": "0.4"}, "Share: '0.4' cannot be used as Share: must be: a number from 0.5"),
        ({"Share": "1_0"}, "Share: '1_0' cannot be used as Share: must be: a number from 0.5"),
        ({"Nat": "True"}, "Nat: 'True' cannot be used as Nat: must be: one of true, false"),
        ({"Kinds": "a,c"}, "Kinds: 'a,c' cannot be used as Kinds: must be: one of a, b"),
    ],
)
def test_each_kind_of_constraint(given: dict[str, str | None], says: str) -> None:
    template = templates.Template("", {}, PARAMETERS, {}, frozenset())
    try:
        templates.check(template, given, lambda name: name or "here")
        said = ""
    except Unusable as obstacle:
        said = str(obstacle)
    assert said == says


@pytest.fixture
def without_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither credentials nor a region."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "STACK_", "X_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def mine(without_account: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """profiles/mine below this folder."""
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path / "profiles")
    small.write_profile(tmp_path, "network", "storage", "database", "airflow")
    return tmp_path


def changed(mine: Path, stack: str, **parameters: str) -> Deployment:
    """A dry run of profile `mine` with these parameters in its stacks.json."""
    path = mine / "profiles" / "mine" / "stacks.json"
    content = json.loads(path.read_text())
    content["parameters"][stack].update(parameters)
    path.write_text(json.dumps(content))
    return Deployment(Source.read("mine"), lambda: mine, dry_run=True, folder=mine / "templates", look=0)


@pytest.mark.parametrize(
    ("stack", "parameter", "value", "says"),
    [
        (
            "storage", "BucketName", "${RETENTION}",
            "profiles/mine/stacks.json, storage.BucketName: needs RETENTION: set it in the environment",
        ),
        (
            "network", "Cidr", "10.0.0.0/16",
            "profiles/mine/stacks.json, network: its template has no parameter Cidr; it has: Prefix",
        ),
        (
            "storage", "BucketName", "${VpcID}",
            "profiles/mine/stacks.json, storage.BucketName: needs VpcID, "
            "which none of the stacks before gives",
        ),
        (
            "network", "Prefix", "${DatabaseHost}",  # of a stack that comes later
            "profiles/mine/stacks.json, network.Prefix: needs DatabaseHost, "
            "which none of the stacks before gives",
        ),
    ],
)  # fmt: skip
def test_a_dry_run_without_an_account_refuses_what_nothing_gives_and_nothing_takes(
    mine: Path, stack: str, parameter: str, value: str, says: str
) -> None:
    with pytest.raises(Unusable) as obstacle:
        changed(mine, stack, **{parameter: value}).run()
    assert str(obstacle.value) == says


def test_a_parameter_that_is_not_given(mine: Path) -> None:
    (mine / "templates" / "network.yaml").write_text(
        small.HEAD + "  Cidr: {Type: String}" + small.TEMPLATES["network"]
    )
    with pytest.raises(
        Unusable, match=r"stacks\.json, network: lacks the parameter Cidr, which its template"
    ):
        changed(mine, "network").run()


def test_a_dry_run_without_an_account_needs_no_region_and_shows_the_parameters(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert changed(mine, "network").run() == 0
    said = capsys.readouterr().out
    assert "\n  small-network is made\n    Prefix = small\n    + Vpc  AWS::EC2::VPC\n" in said
    assert "\n  small-storage is made\n    Prefix = small\n    BucketName = (empty)\n    + Bucket" in said
    assert "\n    VpcId = <VpcId>\n" in said
    assert "\n    RequirementsVersion = <RequirementsVersion>\n" in said


def test_the_shipped_profile_is_shown_without_an_account(
    without_account: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "7")
    monkeypatch.setattr("sys.argv", ["deploy", "aws", "--dry-run"])
    assert deploy.main() == 0
    said = capsys.readouterr().out
    assert "\n    NatGateway = true\n" in said
    assert "\n    RetentionDays = 7\n" in said
    assert "\n    AllowedSiteCidr = (empty)\n" in said
    monkeypatch.setenv("ALLOWED_SITE_CIDR", "0.0.0.0/0")
    assert deploy.main() == 2
    assert capsys.readouterr().err == (
        f"ALLOWED_SITE_CIDR: '0.0.0.0/0' cannot be used as AllowedSiteCidr: must be: {SITE}\n"
    )


def test_a_region_is_still_needed_where_there_are_credentials(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(), pytest.raises(Unusable, match="no AWS region is set"):
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
        changed(mine, "network").run()
