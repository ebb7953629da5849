"""What a trial's commands are told: names of its own, one network, a token, and nothing of the user's own."""

import hashlib
import re
from pathlib import Path

import pytest

from aws.costs.prices import Prices
from aws.database_roles import Logins
from aws.profile import Source
from aws.trial import cost as e2e_cost
from aws.trial import settings as e2e_settings
from aws.trial.settings import NOBODY, Token
from embedded.errors import Unusable
from fixtures.lambda_handler import ROUTES

OUTPUTS = {"DatabaseHost": "db", "DatabasePort": "5432", "DatabaseName": "tubepulse", "BucketName": "bucket"}


@pytest.mark.parametrize(
    ("given", "prefix"),
    [("", "tubepulse-e2e"), ("acme", "acme-e2e"), ("acme-e2e", "acme-e2e"), ("tubepulse", "tubepulse-e2e")],
)
def test_a_real_deployments_prefix_is_never_the_trials(given: str, prefix: str) -> None:
    assert e2e_settings.prefix({"STACK_PREFIX": given}) == prefix


@pytest.mark.parametrize("given", ["Acme", "a" * 17, "a_b"])
def test_a_prefix_that_cannot_be_one(given: str) -> None:
    with pytest.raises(Unusable, match="cannot begin a stack's name: give up to 16"):
        e2e_settings.prefix({"STACK_PREFIX": given})


def test_the_network_is_this_machines_address_or_the_one_given() -> None:
    assert e2e_settings.site({}, lambda: "203.0.113.7/32") == "203.0.113.7/32"
    assert e2e_settings.site({}, lambda: "203.0.113.7\n") == "203.0.113.7/32"
    given = {"ALLOWED_SITE_CIDR": "198.51.100.0/28"}
    assert e2e_settings.site(given, lambda: "198.51.100.9/32") == "198.51.100.0/28"
    assert e2e_settings.site(given, lambda: "<html>nobody says it</html>") == "198.51.100.0/28"
    with pytest.raises(Unusable, match=r"does not hold this machine.s public address, 203\.0\.113\.7"):
        e2e_settings.site(given, lambda: "203.0.113.7/32")


@pytest.mark.parametrize("answer", ["<html>blocked</html>", "", "2001:db8::1", "203.0.113.7/8", "1.2.3"])
def test_an_answer_that_is_no_address(answer: str) -> None:
    with pytest.raises(Unusable, match=r"answers .*, no IPv4 address: export ALLOWED_SITE_CIDR"):
        e2e_settings.site({}, lambda: answer)
    with pytest.raises(Unusable, match="ALLOWED_SITE_CIDR is 'here', no IPv4 address"):
        e2e_settings.site({"ALLOWED_SITE_CIDR": "here"}, lambda: "")


@pytest.mark.parametrize("wide", ["0.0.0.0/0", "10.0.0.0/8", "203.0.112.0/23"])
def test_a_network_that_is_too_wide(wide: str) -> None:
    with pytest.raises(Unusable, match="would open the database to too many"):
        e2e_settings.site({"ALLOWED_SITE_CIDR": wide}, lambda: "")


def test_a_token_is_new_each_time_and_its_hash_is_all_that_is_shown() -> None:
    one, other = Token(), Token()
    assert one.text != other.text
    assert len(one.text) >= 43
    assert one.text not in repr(one)
    assert one.sha256 == hashlib.sha256(one.text.encode()).hexdigest()


def test_the_commands_get_nothing_of_the_users_own_deployment() -> None:
    users = {
        "PATH": "/bin", "AWS_PROFILE": "mine",
        "BUCKET_NAME": "real", "X_API_HOST": "real", "X_BEARER_TOKEN": "real",
        "X_CONSUMER_KEY": "real", "X_CONSUMER_SECRET": "real", "X_ACCESS_TOKEN": "real",
        "X_ACCESS_TOKEN_SECRET": "real", "STACK_PREFIX": "real", "ALLOWED_SITE_CIDR": "real",
        "LAND_REGISTRY_HOST": "real", "LAND_REGISTRY_TOKEN": "real", "POSTCODE_DIRECTORY_HOST": "real",
        "POSTCODE_DIRECTORY_FILE": "real",
    }  # fmt: skip
    token = Token()
    told = e2e_settings.of_children(users, "tubepulse-e2e", "eu-west-2", "203.0.113.7/32", token)
    assert told == {
        "PATH": "/bin", "AWS_PROFILE": "mine", "AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-2",
        "STACK_PREFIX": "tubepulse-e2e", "ALLOWED_SITE_CIDR": "203.0.113.7/32", "X_API_HOST": NOBODY,
        "X_BEARER_TOKEN": token.text, "LAND_REGISTRY_HOST": NOBODY, "LAND_REGISTRY_TOKEN": token.text,
        "POSTCODE_DIRECTORY_HOST": NOBODY, "POSTCODE_DIRECTORY_FILE": "ONSPD_UK.csv",
    }  # fmt: skip


def test_the_recordings_stand_for_everybody_who_is_asked() -> None:
    """One host and one token, in every connection that leads out of AWS; nothing real is left."""
    token = Token()
    told = e2e_settings.of_children(
        {}, "tubepulse-e2e", "eu-west-2", "203.0.113.7/32", token, "recorded.test"
    )
    source = Source.read("aws")
    connections = source.filled({**source.unknown(told), **told}).connections
    for name in ("x_api", "land_registry", "postcode_directory"):
        connection = connections[name]
        assert [connection[key] for key in ("schema", "host", "password")] == [
            "https", "recorded.test", token.text,
        ]  # fmt: skip
    assert connections["postcode_directory"]["extra"]["file"] == "ONSPD_UK.csv"
    others = {name for name, one in connections.items() if one["conn_type"] == "http"}
    assert others == {"x_api", "land_registry", "postcode_directory"}
    served = {path for _, path in ROUTES}
    sales = connections["land_registry"]["extra"]
    asked = [sales["year_file"].format(year=2026), sales["update_file"], e2e_settings.POSTCODES]
    assert {f"/{file}" for file in asked} <= served


def test_the_checks_use_tls_and_verify_it_where_they_can(tmp_path: Path) -> None:
    logins = Logins("secret-1", "secret-2", "v")
    told = e2e_settings.of_checks({}, OUTPUTS, logins)
    assert told == {
        "PGHOST": "db", "PGPORT": "5432", "PGDATABASE": "tubepulse", "PGCONNECT_TIMEOUT": "30",
        "PGSSLMODE": "require", "PIPELINE_PASSWORD": "secret-1", "WEBAPP_PASSWORD": "secret-2",
        "CHECKED_BUCKET": "bucket", "CHECKED_WEEK": "2026-W46",
    }  # fmt: skip
    bundle = tmp_path / "rds.pem"
    with pytest.raises(Unusable, match="which is no file"):
        e2e_settings.of_checks({"RDS_CA_BUNDLE": str(bundle)}, OUTPUTS, logins)
    bundle.touch()
    told = e2e_settings.of_checks({"RDS_CA_BUNDLE": str(bundle)}, OUTPUTS, logins)
    assert (told["PGSSLMODE"], told["PGSSLROOTCERT"]) == ("verify-full", str(bundle))


def test_the_cost_is_that_of_two_hours_and_one_run_without_xs_posts() -> None:
    prices = Prices.read("eu-west-2")
    token = Token()
    told = e2e_settings.of_children({}, "tubepulse-e2e", "eu-west-2", "203.0.113.7/32", token)
    said = e2e_cost.shown("aws", told, "eu-west-2")
    whole, standing, run = (float(text) for text in re.findall(r"\$(\d+\.\d\d)", said))
    assert whole == pytest.approx(2 * standing + run, abs=0.03)
    airflow, posts = prices.find("mwaa mw1.small"), prices.find("x post")
    assert airflow
    assert posts
    assert airflow.amount < standing < 3 * airflow.amount
    assert 0 < run < 600 * posts.amount  # X's posts alone would cost more
    assert prices.date in said


def test_a_region_without_prices_is_said() -> None:
    said = e2e_cost.shown("aws", {}, "me-south-1")
    assert said.startswith("What it costs is not known: aws/costs/prices.json has no prices of me-south-1")
