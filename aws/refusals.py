"""What AWS or the way to it refuses, as one line: what is wrong, then what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import botocore.session
from botocore import exceptions as botocore_errors
from botocore.exceptions import BotoCoreError, ClientError

from embedded.errors import Unusable

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
INVALID = {
    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure",
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "InvalidToken",
}  # fmt: skip
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "403"}
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
}
# Their requests hold secrets, which an error's text might repeat
SECRET = {"CreateSecret", "PutSecretValue", "UpdateSecret"}
NO_REGION = "no AWS region is set: export AWS_REGION=eu-west-2, or another"
ACTION = re.compile(r"perform: ([\w-]+:\w+)(?: on resource: (\S+))?")
SIGN_IN = (
    botocore_errors.TokenRetrievalError,
    botocore_errors.SSOError,
    botocore_errors.CredentialRetrievalError,
    botocore_errors.RefreshWithMFAUnsupportedError,
)
NETWORK = (botocore_errors.HTTPClientError, botocore_errors.ConnectionError)
SETTINGS = (
    botocore_errors.ProfileNotFound,
    botocore_errors.ConfigParseError,
    botocore_errors.ConfigNotFound,
    botocore_errors.PartialCredentialsError,
    botocore_errors.InvalidConfigError,
)


class NoCredentials(Unusable):
    """There are no AWS credentials at all."""


@contextmanager
def named(region: str = "") -> Iterator[None]:
    """Raise botocore's errors as Unusable, in one line each."""
    try:
        yield
    except botocore_errors.NoCredentialsError:
        raise NoCredentials(
            "there are no AWS credentials: export AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (docs/aws.md)"
        ) from None
    except ClientError as error:
        raise Unusable(refusal(error)) from None
    except BotoCoreError as error:
        raise Unusable(trouble(error, region)) from None


def refusal(error: ClientError) -> str:
    """An error that AWS answers."""
    code = str(error.response["Error"].get("Code", ""))
    said = one_line(str(error.response["Error"].get("Message", "")))
    operation = error.operation_name
    if code in EXPIRED:
        return "the AWS credentials have expired: get new ones (for example aws sso login), then call again"
    if code in INVALID:
        return (
            f"AWS does not accept the credentials ({code}): check them and this machine's clock; a region "
            "that the account has not enabled answers like this, too"
        )
    if code in DENIED:
        return denied(operation, said)
    if code in THROTTLED:
        return f"AWS takes no more calls at the moment ({operation}: {code}): call again in a minute"
    if code == "OptInRequired":
        return (
            f"this AWS account is not signed up for what {operation} needs: finish the sign-up in the console"
        )
    if operation in SECRET:
        return f"AWS refuses {operation}: {code}: call again; if it stays so, see docs/aws.md"
    return f"AWS refuses {operation}: {code}: {said}"


def denied(operation: str, said: str) -> str:
    """A call that the identity may not make: the action if AWS names it."""
    match = ACTION.search(said)
    action = match[1] if match else operation
    where = f" on {match[2]}" if match and match[2] else ""
    return (
        f"AWS denies {action}{where} to these credentials: docs/aws.md lists the permissions that are needed"
    )


def trouble(error: BotoCoreError, region: str) -> str:
    """An error on the way to AWS."""
    said = one_line(str(error))
    if isinstance(error, botocore_errors.NoRegionError):
        return NO_REGION
    if isinstance(error, botocore_errors.InvalidRegionError):
        return f"{region!r} is no AWS region: set AWS_REGION to one like eu-west-2"
    if isinstance(error, SIGN_IN):
        return f"the AWS credentials cannot be had: sign in again (for example aws sso login): {said}"
    if isinstance(error, SETTINGS):
        return f"the AWS settings are not usable: {said}: check AWS_PROFILE and ~/.aws (docs/aws.md)"
    if isinstance(error, NETWORK):
        if region and region not in regions():
            return f"AWS cannot be reached: {region!r} is no region that is known here: check AWS_REGION"
        return f"AWS cannot be reached: {said}: check the network, AWS_REGION and the proxy settings"
    return f"AWS cannot be called: {said}"


def regions() -> set[str]:
    """The regions that botocore knows, in all partitions."""
    session = botocore.session.get_session()
    found: set[str] = set()
    for partition in session.get_available_partitions():
        found.update(session.get_available_regions("ec2", partition))
    return found


def one_line(text: str) -> str:
    """The text without line breaks and without what does not print."""
    return "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
