"""What a profile costs: sums worked out by hand, the table's form, and what is named instead of guessed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aws import cost
from aws.costs import lines as cost_lines
from aws.costs.prices import TABLE, Price, Prices
from embedded.errors import Unusable

# Round figures, so that the sums can be done in the head
PRICES = Prices(
    "here",
    "2026-01-01",
    {
        "ec2 big": Price(0.40, "hour"),
        "emr big": Price(0.10, "hour"),
        "ec2 small": Price(0.20, "hour", "a guess"),
        "emr small": Price(0.05, "hour"),
        "ebs gp3": Price(7.30, "GB-month"),
        "nat hour": Price(0.10, "hour"),
        "nat GB": Price(0.20, "GB"),
        "public IPv4": Price(0.01, "hour"),
        "mwaa mw1.small": Price(0.50, "hour"),
        "mwaa worker mw1.small": Price(0.10, "hour"),
        "mwaa metadata": Price(0.10, "GB-month"),
        "rds db.x": Price(0.02, "hour"),
        "rds gp3": Price(0.10, "GB-month"),
        "secret": Price(0.40, "month"),
        "s3": Price(0.03, "GB-month"),
        "logs ingested": Price(0.50, "GB"),
        "logs kept": Price(0.05, "GB-month"),
        "x post": Price(0.005, "post"),
    },
)
EVERYTHING: dict[str, dict[str, str]] = {
    "network": {"NatGateway": "true", "ExistingVpcId": ""},
    "storage": {},
    "database": {"InstanceClass": "db.x", "AllowedSiteCidr": ""},
    "airflow": {"EnvironmentClass": "mw1.small", "MaxWorkers": "2"},
}


def fleet(name: str, types: list[dict[str, Any]], **capacity: int) -> dict[str, Any]:
    return {"Name": name, "InstanceTypeConfigs": types, **capacity}


def cluster(*fleets: dict[str, Any]) -> dict[str, Any]:
    return {"Instances": {"InstanceFleets": list(fleets)}}


PRIMARY = fleet("primary", [{"InstanceType": "small"}, {"InstanceType": "big"}], TargetOnDemandCapacity=1)
CORE = fleet("core", [{"InstanceType": "big", "WeightedCapacity": 1}], TargetSpotCapacity=2)


def amounts(lines: Any) -> dict[str, float | None]:
    return {line.what: line.amount and round(line.amount, 6) for line in lines}


def test_a_month_of_everything() -> None:
    lines = list(cost_lines.standing(EVERYTHING, 4, PRICES))
    assert amounts(lines) == {
        "Airflow (MWAA) mw1.small": 365.0,  # 730 h at 0.50
        "Airflow's metadata": 1.0,
        "Airflow's logs, written": 1.0,
        "Airflow's logs, kept": 0.6,
        "NAT gateway": 73.0,
        "NAT gateway's address": 7.3,
        "NAT gateway's traffic": 1.0,
        "NAT gateway's traffic, housing": 0.116,  # 2 x 150 MB, 30 MB, 250 MB
        "PostgreSQL (RDS) db.x": 14.6,
        "PostgreSQL's disk": 2.0,
        "secrets": 2.8,  # four of the profile, three of the database
        "bucket": 0.06,
        "bucket, housing": 0.003,
    }
    assert cost_lines.total(lines) == pytest.approx(468.479)


def test_a_month_of_the_emr_profile_is_secrets_and_a_bucket() -> None:
    lines = cost_lines.standing({"network": {"NatGateway": "false"}, "storage": {}}, 4, PRICES)
    assert amounts(lines) == {"secrets": 1.6, "bucket": 0.06, "bucket, housing": 0.003}


@pytest.mark.parametrize(
    ("stack", "change", "what", "amount"),
    [
        ("database", {"AllowedSiteCidr": "192.0.2.1/32"}, "PostgreSQL's public address", 7.3),
        ("airflow", {"MinWorkers": "3"}, "2 more Airflow workers, always", 146.0),
        ("network", {"ExistingVpcId": "vpc-1"}, "NAT gateway", None),
    ],
)
def test_a_month_follows_the_parameters(
    stack: str, change: dict[str, str], what: str, amount: float | None
) -> None:
    changed = {**EVERYTHING, stack: {**EVERYTHING[stack], **change}}
    assert amounts(cost_lines.standing(changed, 4, PRICES)).get(what) == amount


def test_a_run() -> None:
    lines = list(cost_lines.run(EVERYTHING, cluster(PRIMARY, CORE), 600, PRICES))
    assert amounts(lines) == {
        "primary: 1 × big": 0.2,  # half an hour of the dearer type
        "primary: EMR's charge": 0.05,
        "core: 2 × big Spot": 0.2,  # two nodes for half an hour at half the price
        "core: EMR's charge": 0.1,
        "nodes' disks": 1.185,  # three times 79 GB for half an hour, 0.01 a GB and hour
        "NAT gateway's traffic": 0.1,
        "posts read from X, at most": 3.0,
    }
    assert cost_lines.total(lines) == pytest.approx(4.835)


def test_nodes_in_public_subnets_have_addresses_and_no_nat() -> None:
    found = amounts(cost_lines.run({"network": {"NatGateway": "false"}}, cluster(PRIMARY, CORE), 0, PRICES))
    assert found["nodes' public addresses"] == 0.015
    assert "NAT gateway's traffic" not in found


def test_weights_count_nodes() -> None:
    heavy = fleet("core", [{"InstanceType": "big", "WeightedCapacity": 4}], TargetSpotCapacity=10)
    nodes, lines = cost_lines.nodes_of(heavy, PRICES)
    assert nodes == 3
    assert lines[0].what == "core: 3 × big Spot"


def test_an_unknown_type_is_named_not_guessed() -> None:
    odd = fleet("core", [{"InstanceType": "small"}, {"InstanceType": "odd"}], TargetSpotCapacity=2)
    nodes, lines = cost_lines.nodes_of(odd, PRICES)
    assert nodes == 2
    assert amounts(lines) == {"core: 2 × small Spot": 0.1, "core: EMR's charge": 0.05, "core: odd": None}
    assert lines[0].price
    assert lines[0].price.doubt == "a guess"


def test_groups_are_refused() -> None:
    with pytest.raises(Unusable, match="counts nodes by fleets only"):
        list(cost_lines.run({}, {"Instances": {"InstanceGroups": []}}, 0, PRICES))


def test_the_database_is_counted_as_its_template_makes_it() -> None:
    template = (TABLE.parents[1] / "cloudformation" / "database.yaml").read_text()
    assert f'AllocatedStorage: "{cost_lines.DATABASE_DISK:g}"' in template
    assert "StorageType: gp3" in template
    # And the master's secret, which RDS makes
    assert template.count("Type: AWS::SecretsManager::Secret\n") + 1 == cost_lines.DATABASE_SECRETS


def test_every_figure_of_the_table_has_a_unit_a_source_and_both_regions() -> None:
    table = json.loads(TABLE.read_text())
    assert (table["currency"], table["date"]) == ("USD", "2026-11-23")
    for name, item in table["prices"].items():
        assert set(item) == {"unit", "us-east-1", "eu-west-2"}, name
        for region in ("us-east-1", "eu-west-2"):
            assert item[region]["source"] in table["sources"], name
            assert 0 < item[region]["price"] < 10, name


def call(monkeypatch: pytest.MonkeyPatch, *options: str, **environ: str) -> int:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AIRFLOW_CLASS", "EMR_RELEASE_LABEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["cost", *options])
    return cost.main()


def test_the_command_says_what_the_aws_profile_costs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "aws") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("profile aws in eu-west-2, US dollars, prices of 2026-11-23")
    # 420.154 a month and 52 / 12 runs of 3.334, added up with a calculator from the table
    assert next(line for line in lines if line.startswith("TOTAL")).split()[-1] == "434.60"
    assert "  Airflow (MWAA) mw1.small                  730.00 hour     × 0.49        357.70 *" in lines
    assert any(line.startswith("* not confirmed") for line in lines)
    assert max(map(len, lines[:24])) <= 90


def test_overrides_of_the_environment_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "aws", AWS_REGION="us-east-1", AIRFLOW_CLASS="mw1.medium") == 0
    out = capsys.readouterr().out
    assert "profile aws in us-east-1" in out
    assert "mw1.medium                 730.00 hour     × 0.74        540.20\n" in out
    assert call(monkeypatch, "aws", AIRFLOW_CLASS="mw1.giant") == 0
    out = capsys.readouterr().out
    assert "Airflow (MWAA) mw1.giant                                         no price known" in out
    assert "without Airflow (MWAA) mw1.giant: aws/costs/prices.json lacks them" in out


def test_the_emr_profile_has_neither_airflow_nor_nat_nor_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "emr") == 0
    out = capsys.readouterr().out.partition("It rests on this")[0]
    assert not any(word in out for word in ("MWAA", "NAT", "RDS"))
    assert "nodes' public addresses" in out


@pytest.mark.parametrize(
    ("name", "environ", "code", "says"),
    [
        ("local", {}, 0, "profile local runs on this machine: it costs nothing\n"),
        (
            "aws",
            {"AWS_REGION": "eu-north-9"},
            2,
            "aws/costs/prices.json has no prices of eu-north-9: set AWS_REG",
        ),
        ("typo", {}, 2, "there is no profile 'typo'; choose one of: aws, embedded, emr, local"),
    ],
)
def test_what_has_no_table(
    name: str,
    environ: dict[str, str],
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, name, **environ) == code
    printed = capsys.readouterr()
    assert (printed.err if code else printed.out).startswith(says)


@pytest.mark.parametrize(
    ("stacks", "says"),
    [
        ("{", "line 1: not JSON"),
        ("{}", "prefix: must be a string"),
        ('{"prefix": "tp", "parameters": ["network"]}', "parameters: must be an object"),
        (
            '{"prefix": "tp", "parameters": {"network": {"NatGateway": true}}}',
            "parameters.network.NatGateway: m",
        ),
    ],
)
def test_stacks_that_cannot_be_used(
    stacks: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path)
    (tmp_path / "mine").mkdir()
    for name, text in (("connections", "{}"), ("variables", "{}"), ("stacks", stacks)):
        (tmp_path / "mine" / f"{name}.json").write_text(text)
    assert call(monkeypatch, "mine") == 2
    assert capsys.readouterr().err.startswith(f"mine/stacks.json, {says}")


def test_a_region_of_the_settings_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "config"
    settings.write_text("[default]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    assert cost.region({}) == "us-east-1"
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Unusable, match=r"the AWS settings are not usable: .*nobody"):
        cost.region({})


def test_only_what_a_profile_has_is_assumed_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {}
    for profile in ("aws", "emr"):
        assert call(monkeypatch, profile, AWS_REGION="eu-west-2") == 0
        said[profile] = capsys.readouterr().out.partition("It rests on this")[2]
    for what in ("NAT gateway", "second worker", "the database has"):
        assert what in said["aws"]
        assert what not in said["emr"]
