"""The bucket and its policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.rehearsal.resources.base import Kind, Made, Owner, Properties, gone, text


class Bucket(Kind):
    """AWS::S3::Bucket."""

    fixed = frozenset({"BucketName"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """The bucket with everything that is said of it."""
        s3, bucket = owner.client("s3"), given.take("BucketName", name.lower()[:63])
        where = {"LocationConstraint": owner.region}
        s3.create_bucket(
            Bucket=bucket, **({"CreateBucketConfiguration": where} if owner.region != "us-east-1" else {})
        )
        made = Made(
            bucket,
            {
                "Arn": f"arn:aws:s3:::{bucket}",
                "DomainName": f"{bucket}.s3.amazonaws.com",
                "RegionalDomainName": f"{bucket}.s3.{owner.region}.amazonaws.com",
            },
        )
        return self.change(owner, made, {}, given)

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Set what the template says, by the API of each setting."""
        s3, bucket = owner.client("s3"), {"Bucket": made.id}
        new.take("BucketName", None)
        if tags := new.tags():
            s3.put_bucket_tagging(**bucket, Tagging={"TagSet": tags})
        if found := new.take("VersioningConfiguration", None):
            s3.put_bucket_versioning(**bucket, VersioningConfiguration=found)
        if found := new.take("PublicAccessBlockConfiguration", None):
            s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=_booleans(found))
        if found := new.take("OwnershipControls", None):
            s3.put_bucket_ownership_controls(**bucket, OwnershipControls=found)
        if found := new.take("BucketEncryption", None):
            rules = [_encryption(rule) for rule in found["ServerSideEncryptionConfiguration"]]
            s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={"Rules": rules})
        if found := new.take("LifecycleConfiguration", None):
            rules = [_lifecycle(rule) for rule in found["Rules"]]
            s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": rules})
        new.none_left()
        return made

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Delete it, which needs it empty."""
        try:
            owner.client("s3").delete_bucket(Bucket=made.id)
        except ClientError as error:
            if not gone(error, "NoSuchBucket"):
                raise


class BucketPolicy(Kind):
    """AWS::S3::BucketPolicy."""

    tagged = False
    fixed = frozenset({"Bucket"})

    def make(self, owner: Owner, name: str, given: Properties) -> Made:
        """Set the policy."""
        bucket, policy = given.take("Bucket"), text(given.take("PolicyDocument"))
        given.none_left()
        owner.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
        return Made(bucket)

    def change(self, owner: Owner, made: Made, old: Mapping[str, Any], new: Properties) -> Made:
        """Set it again."""
        return self.make(owner, "", new)

    def remove(self, owner: Owner, made: Made, properties: Mapping[str, Any]) -> None:
        """Take it away."""
        try:
            owner.client("s3").delete_bucket_policy(Bucket=made.id)
        except ClientError as error:
            if not gone(error, "NoSuchBucket", "NoSuchBucketPolicy"):
                raise


def _booleans(values: Mapping[str, Any]) -> dict[str, bool]:
    return {key: str(value).lower() == "true" for key, value in values.items()}


def _encryption(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A template's rule as the API's, which calls one key differently."""
    left = dict(rule)
    return {"ApplyServerSideEncryptionByDefault": left.pop("ServerSideEncryptionByDefault"), **left}


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A template's rule as the API's: days come flat and perhaps as text, the prefix stands in a filter."""
    left = dict(rule)
    found: dict[str, Any] = {"Status": left.pop("Status"), "Filter": {"Prefix": left.pop("Prefix", "")}}
    if "Id" in left:
        found["ID"] = left.pop("Id")
    if "ExpirationInDays" in left:
        found["Expiration"] = {"Days": int(left.pop("ExpirationInDays"))}
    if "ExpiredObjectDeleteMarker" in left:
        found.setdefault("Expiration", {})["ExpiredObjectDeleteMarker"] = (
            str(left.pop("ExpiredObjectDeleteMarker")).lower() == "true"
        )
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in left:
            found[name] = {key: int(value) for key, value in left.pop(name).items()}
    return {**found, **left}  # what is left over botocore refuses


KINDS: dict[str, Kind] = {"AWS::S3::Bucket": Bucket(), "AWS::S3::BucketPolicy": BucketPolicy()}
