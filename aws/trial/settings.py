"""What a trial on a real account changes in the environment of the commands that it calls."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from aws.database_roles import Logins
from aws.profile import PREFIX
from embedded.errors import Unusable

WEEK = "2026-W46"  # recorded, with expected results
SUFFIX = "-e2e"
WIDEST = 24  # bits that a network of the database's visitors has at least, as its template takes it
LONGEST = 20  # letters of a prefix, as the templates take it
WHO_AM_I = "https://checkip.amazonaws.com"
NOBODY = "recorded.invalid"  # until the recordings have an address; X and the others are never asked
POSTCODES = "ONSPD_UK.csv"  # the recorded postcode directory
# A user's own, of a deployment that is none of the trial's business, or keys of X that it does not need
NOT_OURS = {
    "BUCKET_NAME", "X_API_HOST", "X_BEARER_TOKEN", "X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN",
    "X_ACCESS_TOKEN_SECRET", "LAND_REGISTRY_HOST", "LAND_REGISTRY_TOKEN", "POSTCODE_DIRECTORY_HOST",
    "POSTCODE_DIRECTORY_FILE",
}  # fmt: skip
# Of the pipeline's Variable; with them a run has every recorded post, and any week is in reach
ALL_POSTS = {
    "number_of_stations": None, "number_of_tweets": 500, "max_posts_read": 100_000, "search_days": None,
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """The bearer token that the recorded answers are served to, made up for one trial."""

    text: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def sha256(self) -> str:
        """All that the function is told; with 256 random bits behind it, no secret."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def prefix(environ: Mapping[str, str]) -> str:
    """What the trial's stacks begin with: never what a real deployment's do; raises Unusable."""
    wanted = environ.get("STACK_PREFIX") or "tubepulse"
    found = wanted if wanted.endswith(SUFFIX) else wanted + SUFFIX
    if not PREFIX.fullmatch(found) or len(found) > LONGEST:
        raise Unusable(
            f"STACK_PREFIX {wanted!r} cannot begin a stack's name: give up to {LONGEST - len(SUFFIX)} small "
            "letters, digits and hyphens, a letter first"
        )
    return found


def site(environ: Mapping[str, str], ask: Callable[[], str]) -> str:
    """The network from which the rows are checked: ALLOWED_SITE_CIDR, else the address that `ask` finds."""
    given = environ.get("ALLOWED_SITE_CIDR", "").strip()
    text = given or ask().strip()
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        whose = "ALLOWED_SITE_CIDR is" if given else f"{WHO_AM_I} answers"
        raise Unusable(
            f"{whose} {text[:60]!r}, no IPv4 address: export ALLOWED_SITE_CIDR=<this machine's address>/32"
        ) from None
    if network.prefixlen < WIDEST:
        raise Unusable(
            f"ALLOWED_SITE_CIDR {network} would open the database to too many: give a narrower one"
        )
    if given and (address := _address(ask)) and address not in network:
        raise Unusable(
            f"ALLOWED_SITE_CIDR {network} does not hold this machine's public address, {address}, from which "
            "the rows are checked: unset it"
        )
    return str(network)


def _address(ask: Callable[[], str]) -> ipaddress.IPv4Address | None:
    """This machine's address; None where nobody says it."""
    try:
        return ipaddress.IPv4Interface(ask().strip()).ip
    except (Unusable, ValueError):
        return None


def public_address() -> str:
    """This machine's address as the internet sees it; raises Unusable."""
    try:
        answer = requests.get(WHO_AM_I, timeout=10)
        answer.raise_for_status()
    except requests.RequestException:
        raise Unusable(
            f"{WHO_AM_I} does not say what this machine's public address is: export ALLOWED_SITE_CIDR=<it>/32"
        ) from None
    return answer.text


def of_children(
    environ: Mapping[str, str], stack_prefix: str, region: str, cidr: str, token: Token, host: str = NOBODY
) -> dict[str, str]:
    """The environment of deploy, run and destroy; the token goes where a user's key of X would.

    `host` stands for X, for the Land Registry and for the postcode directory.
    """
    own = {name: value for name, value in environ.items() if name not in NOT_OURS}
    return own | {
        "STACK_PREFIX": stack_prefix,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "ALLOWED_SITE_CIDR": cidr,
        "X_API_HOST": host,
        "X_BEARER_TOKEN": token.text,
        "LAND_REGISTRY_HOST": host,
        "POSTCODE_DIRECTORY_HOST": host,
        "POSTCODE_DIRECTORY_FILE": POSTCODES,
        "LAND_REGISTRY_TOKEN": token.text,
    }


def of_checks(environ: Mapping[str, str], outputs: Mapping[str, str], logins: Logins) -> dict[str, str]:
    """What tests/aws_account is told beyond that: libpq's own settings, two passwords, bucket and week.

    The server's certificate is verified if RDS_CA_BUNDLE names the file of RDS's authorities.
    """
    bundle = environ.get("RDS_CA_BUNDLE", "")
    if bundle and not Path(bundle).is_file():
        raise Unusable(f"RDS_CA_BUNDLE names {bundle}, which is no file: download it, or unset it")
    verified = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(Path(bundle).absolute())}
    return {
        "PGHOST": outputs["DatabaseHost"],
        "PGPORT": outputs["DatabasePort"],
        "PGDATABASE": outputs["DatabaseName"],
        "PGCONNECT_TIMEOUT": "30",
        **(verified if bundle else {"PGSSLMODE": "require"}),
        "PIPELINE_PASSWORD": logins.pipeline,
        "WEBAPP_PASSWORD": logins.webapp,
        "CHECKED_BUCKET": outputs["BucketName"],
        "CHECKED_WEEK": WEEK,
    }
