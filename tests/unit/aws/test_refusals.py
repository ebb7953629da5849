"""What AWS refuses, as one line each."""

import pytest
from botocore import exceptions as errors
from botocore.exceptions import BotoCoreError, ClientError

from aws import account, refusals
from embedded.errors import Unusable
from tests.unit.aws import small


def refused(code: str, message: str = "", operation: str = "DescribeStacks") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (refused("ExpiredToken", "The security token included in the request is expired"), "have expired"),
        (refused("ExpiredTokenException"), "have expired: get new ones"),
        (refused("RequestExpired"), "have expired"),
        (refused("InvalidClientTokenId"), "does not accept the credentials (InvalidClientTokenId)"),
        (refused("SignatureDoesNotMatch"), "this machine's clock"),
        (
            refused(
                "AccessDenied",
                "User: arn:aws:iam::1:user/u is not authorized to perform: cloudformation:CreateChangeSet on "
                "resource: arn:aws:cloudformation:eu-west-2:1:stack/s/* because no identity-based policy",
            ),
            "AWS denies cloudformation:CreateChangeSet on arn:aws:cloudformation:eu-west-2:1:stack/s/* to",
        ),
        (
            refused("403", "Forbidden", "HeadObject"),
            "AWS denies HeadObject to these credentials: docs/aws.md",
        ),
        (refused("Throttling", "Rate exceeded"), "takes no more calls at the moment (DescribeStacks"),
        (refused("OptInRequired"), "is not signed up for what DescribeStacks needs"),
        (refused("ValidationError", "a\nb"), "AWS refuses DescribeStacks: ValidationError: a b"),
        (errors.NoRegionError(), "no AWS region is set: export AWS_REGION"),
        (errors.ProfileNotFound(profile="typo"), "AWS settings are not usable: The config profile (typo)"),
        (
            errors.PartialCredentialsError(provider="env", cred_var="key"),
            "AWS settings are not usable: Partial",
        ),
        (errors.SSOTokenLoadError(error_msg="none"), "sign in again (for example aws sso login)"),
        (errors.UnauthorizedSSOTokenError(), "sign in again"),
        (
            errors.EndpointConnectionError(endpoint_url="https://sts.eu-west-2.amazonaws.com"),
            "check the network",
        ),
        (errors.ConnectTimeoutError(endpoint_url="https://x"), "check the network"),
        (errors.ReadTimeoutError(endpoint_url="https://x"), "check the network"),
        (errors.DataNotFoundError(data_path="x"), "AWS cannot be called: Unable to load data for: x"),
        (errors.NoCredentialsError(), "there are no AWS credentials: export AWS_PROFILE"),
    ],
)
def test_one_line_each(error: ClientError | BotoCoreError, says: str) -> None:
    with pytest.raises(Unusable) as obstacle, refusals.named("eu-west-2"):
        raise error
    assert says in str(obstacle.value)
    assert "\n" not in str(obstacle.value)
    assert obstacle.value.__suppress_context__


def test_no_credentials_are_told_from_all_else() -> None:
    with pytest.raises(refusals.NoCredentials), refusals.named():
        raise errors.NoCredentialsError


def test_a_region_that_does_not_exist_is_named() -> None:
    error = errors.EndpointConnectionError(endpoint_url="https://sts.eu-wset-2.amazonaws.com")
    with pytest.raises(Unusable) as obstacle, refusals.named("eu-wset-2"):
        raise error
    assert "'eu-wset-2' is no region that is known here: check AWS_REGION" in str(obstacle.value)


@pytest.mark.parametrize("operation", ["CreateSecret", "PutSecretValue"])
def test_the_text_of_a_secret_is_not_repeated(operation: str) -> None:
    error = refused("ValidationException", "Value 'canary' at 'secretString' failed", operation)
    with pytest.raises(Unusable) as obstacle, refusals.named():
        raise error
    assert "canary" not in str(obstacle.value)
    assert f"AWS refuses {operation}: ValidationException" in str(obstacle.value)


def test_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with small.account(monkeypatch):
        monkeypatch.setenv("AWS_REGION", "eu-west-1")  # which wins, as elsewhere
        found = account.Account.of_environment()
        assert (found.id, found.region) == ("123456789012", "eu-west-1")
        assert found.client("s3").meta.region_name == "eu-west-1"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"AWS_DEFAULT_REGION": ""}, "no AWS region is set"),
        ({"AWS_DEFAULT_REGION": "not a region"}, "AWS_REGION"),
        ({"AWS_PROFILE": "typo"}, "The config profile"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "AWS settings are not usable: Invalid endpoint: nonsense"),
        ({"AWS_ACCESS_KEY_ID": ""}, "there are no AWS credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS cannot be reached"),
    ],
)
def test_what_keeps_from_an_account(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    with small.account(monkeypatch):
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Unusable, match=says):
            account.Account.of_environment()
