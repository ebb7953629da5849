"""Deploy a profile: artifacts into its bucket, then connections and variables into Secrets Manager.

    python -m aws.deploy embedded --wheels-for this-machine

The placeholders of the profile are filled from the environment, and AWS is reached as the environment says
(AWS_ENDPOINT_URL_* point at an emulator). A second run changes nothing and says so.
"""

import argparse
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws import artifacts, secret_store
from aws.profile import BadProfile, Profile
from aws.wheelhouse import CACHE, TARGETS, NoWheelhouse, wheelhouse


def main() -> int:
    """Deploy; returns the exit code: 0, or 2 with one line on stderr."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("profile", help="a folder of profiles/")
    cli.add_argument("--wheels-for", choices=TARGETS, default="emr", help="what the cluster's nodes are")
    cli.add_argument("--wheels", type=Path, default=CACHE, metavar="DIR", help="where the wheels are kept")
    args = cli.parse_args()
    try:
        changes = deploy(args.profile, args.wheels_for, args.wheels)
    except (ClientError, BotoCoreError) as error:  # some are OSErrors too
        print(f"deploy: AWS refused: {error}", file=sys.stderr)
        return 2
    except (BadProfile, NoWheelhouse, OSError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 2
    print(
        f"profile {args.profile}: {changes} changes"
        if changes
        else f"profile {args.profile}: nothing to change"
    )
    return 0


def deploy(name: str, wheels_for: str, cache: Path = CACHE) -> int:
    """Deploy profile `name`; returns the number of changes made."""
    profile = Profile.load(name, os.environ)
    wheels = wheelhouse(TARGETS[wheels_for], cache)
    s3, bucket = boto3.client("s3"), profile.pipeline["bucket_name"]
    created = artifacts.ensure_bucket(s3, bucket)
    plan = artifacts.planned(profile.pipeline["key1"], profile.pipeline["key2"], wheels)
    return (
        created
        # The prices are the user's own once there are any; ours are synthetic.
        + artifacts.upload(s3, bucket, plan, print, first_only=[profile.pipeline["key2"]])
        + secret_store.write(boto3.client("secretsmanager"), secret_store.named(profile), print)
    )


if __name__ == "__main__":
    sys.exit(main())
