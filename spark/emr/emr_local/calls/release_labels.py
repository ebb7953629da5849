"""Operations about releases: a small table of what EMR's documentation says, not what runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from emr_local.api.errors import BAD_RELEASE, InvalidRequestException
from emr_local.calls.paging import paged
from emr_local.service import Params, Service
from emr_local.state.model import Owner

# Newest first; None where the version is not known for certain.
RELEASES: Mapping[str, Mapping[str, str | None]] = {
    "emr-spark-8.1.0": {"Spark": "4.1.1-amzn-0"},
    "emr-spark-8.0.0": {"Spark": "4.0.2-amzn-0"},
    "emr-7.14.0": {"Hadoop": "3.4.2-amzn-2", "Spark": None},
    "emr-7.13.0": {"Hadoop": "3.4.2-amzn-0", "Spark": "3.5.6-amzn-2"},
    "emr-7.12.0": {"Hadoop": "3.4.1-amzn-4", "Spark": "3.5.6-amzn-1"},
    "emr-5.33.0": {"Hadoop": "2.10.1", "Spark": "2.4.7"},
}


class InstanceType(NamedTuple):
    """A family of EC2 instance types, whose sizes double."""

    family: str
    kind: str
    memory_per_vcpu: int
    architecture: str


FAMILIES = (
    InstanceType("c5", "COMPUTE_OPTIMIZED", 2, "X86_64"),
    InstanceType("c6g", "COMPUTE_OPTIMIZED", 2, "ARM64"),
    InstanceType("m5", "GENERAL_PURPOSE", 4, "X86_64"),
    InstanceType("m5a", "GENERAL_PURPOSE", 4, "X86_64"),
    InstanceType("m6g", "GENERAL_PURPOSE", 4, "ARM64"),
    InstanceType("m6i", "GENERAL_PURPOSE", 4, "X86_64"),
    InstanceType("r5", "MEMORY_OPTIMIZED", 8, "X86_64"),
    InstanceType("r6g", "MEMORY_OPTIMIZED", 8, "ARM64"),
)
SIZES = {"xlarge": 4, "2xlarge": 8, "4xlarge": 16}


def list_release_labels(_: Service, __: Owner, params: Params) -> Params:
    """ListReleaseLabels: newest first, by prefix and application (`Spark`, or `Spark-3.5.6`)."""
    filters = params.get("Filters", {})
    prefix, application = filters.get("Prefix", ""), filters.get("Application")
    labels = [
        label
        for label, versions in RELEASES.items()
        if label.startswith(prefix) and (application is None or _has(versions, application))
    ]
    size = params.get("MaxResults", 100)
    page, token = paged(labels, params.get("NextToken"), str, size=size)
    return {"ReleaseLabels": page, "NextToken": token}


def describe_release_label(_: Service, __: Owner, params: Params) -> Params:
    """DescribeReleaseLabel: the applications that the table knows."""
    label = params.get("ReleaseLabel")
    if label is None:
        raise InvalidRequestException("ReleaseLabel must be specified.")
    if label not in RELEASES:
        raise InvalidRequestException(BAD_RELEASE.format(label))
    applications = [{"Name": name, "Version": version} for name, version in RELEASES[label].items()]
    return {"ReleaseLabel": label, "Applications": applications}


def list_supported_instance_types(_: Service, __: Owner, params: Params) -> Params:
    """ListSupportedInstanceTypes: some common ones, the same for each known release."""
    if params["ReleaseLabel"] not in RELEASES:
        raise InvalidRequestException(BAD_RELEASE.format(params["ReleaseLabel"]))
    found = [
        {
            "Type": f"{family.family}.{size}",
            "MemoryGB": float(cores * family.memory_per_vcpu),
            "StorageGB": 0,
            "VCPU": cores,
            "Is64BitsOnly": True,
            "InstanceFamilyId": family.kind,
            "EbsOptimizedAvailable": True,
            "EbsOptimizedByDefault": True,
            "NumberOfDisks": 0,
            "EbsStorageOnly": True,
            "Architecture": family.architecture,
        }
        for family in FAMILIES
        for size, cores in SIZES.items()
    ]
    page, marker = paged(found, params.get("Marker"), lambda entry: str(entry["Type"]))
    return {"SupportedInstanceTypes": page, "Marker": marker}


def _has(versions: Mapping[str, str | None], application: str) -> bool:
    name, _, version = application.lower().partition("-")
    known = {app.lower(): number for app, number in versions.items()}
    if name not in known:
        return False
    number = known[name] or ""
    return not version or version in (number, number.partition("-amzn")[0])
