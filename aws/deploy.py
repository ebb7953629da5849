"""Deploy a profile: its stacks if it has any, artifacts into its bucket, connections and variables.

    python -m aws.deploy embedded --wheels-for this-machine
    python -m aws.deploy aws --dry-run

Connections and variables go into Secrets Manager. The placeholders of the profile are filled from the
environment and from what the stacks give, and AWS is reached as the environment says (AWS_ENDPOINT_URL* point
at an emulator). A second run changes nothing and says so. A profile with stacks is shown as a plan first, and
asked about.
"""

import argparse
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws import artifacts, secret_store
from aws.profile import Profile, Source, has_stacks
from aws.wheelhouse import CACHE, TARGETS, NoWheelhouse, wheelhouse
from embedded import advice
from embedded.errors import Unusable


def main() -> int:
    """Deploy; returns the exit code: 0, 1 when the answer was no, or 2 with one line on stderr."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/")
    cli.add_argument("--wheels-for", choices=TARGETS, default="emr", help="what the cluster's nodes are")
    cli.add_argument("--wheels", type=Path, default=CACHE, metavar="DIR", help="where the wheels are kept")
    cli.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    cli.add_argument("--force", action="store_true", help="do not ask")
    args = cli.parse_args()
    return advice.exit_code(lambda: to_account(args) if has_stacks(args.profile) else to_bucket(args))


def to_account(args: argparse.Namespace) -> int:
    """Deploy a profile with stacks; returns the exit code."""
    # Not imported above: where LocalStack deploys a profile without stacks there is little more than boto3
    from aws.deployment import Deployment, interrupted

    def run() -> int:
        source = Source.read(args.profile)
        return Deployment(source, lambda: fetched(args), args.dry_run, args.force).run()

    return advice.exit_code(run, interrupted(args.profile))


def to_bucket(args: argparse.Namespace) -> int:
    """Deploy a profile without stacks; returns the exit code 0, raises Unusable."""
    if args.dry_run:
        raise Unusable(f"deploy: profile {args.profile} has no stacks: there is no dry run of it")
    try:
        changes = deploy(args.profile, args.wheels_for, args.wheels)
    except (ClientError, BotoCoreError) as error:  # some are OSErrors too
        raise Unusable(f"deploy: AWS refused: {error}") from None
    except (NoWheelhouse, OSError) as error:
        raise Unusable(f"deploy: {error}") from None
    print(
        f"profile {args.profile}: {changes} changes"
        if changes
        else f"profile {args.profile}: nothing to change"
    )
    return 0


def deploy(name: str, wheels_for: str, cache: Path = CACHE) -> int:
    """Deploy profile `name`, which has no stacks; returns the number of changes made."""
    profile = Profile.load(name, os.environ)
    wheels = wheelhouse(TARGETS[wheels_for], cache)
    s3, bucket = boto3.client("s3"), profile.pipeline["bucket_name"]
    created = artifacts.ensure_bucket(s3, bucket)
    plan = artifacts.planned(profile.pipeline["key1"], wheels)
    return (
        created
        + artifacts.upload(s3, bucket, plan, print)
        + secret_store.write(boto3.client("secretsmanager"), secret_store.named(profile), print)
    )


def fetched(args: argparse.Namespace) -> Path:
    """The wheelhouse."""
    return wheelhouse(TARGETS[args.wheels_for], args.wheels)


if __name__ == "__main__":
    sys.exit(main())
