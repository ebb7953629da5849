"""Operations whose documents are kept and given back, and mean nothing here."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from emr_local.api import errors
from emr_local.api.errors import InvalidRequestException
from emr_local.calls.job_flows import CONFIGURATIONS
from emr_local.calls.paging import paged_by_name
from emr_local.service import Params, Service
from emr_local.state.model import Owner
from emr_local.state.store import utc_now

PUBLIC_ACCESS = "block-public-access"
# What an account has that never put one: EMR's own default.
SSH_ONLY = {
    "BlockPublicSecurityGroupRules": True,
    "PermittedPublicSecurityGroupRuleRanges": [{"MinRange": 22, "MaxRange": 22}],
}


def create_security_configuration(service: Service, owner: Owner, params: Params) -> Params:
    """CreateSecurityConfiguration: a JSON document under a new name."""
    name, text = params["Name"], params["SecurityConfiguration"]
    if not name:
        raise InvalidRequestException("The name of a security configuration must not be empty.")
    try:
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise InvalidRequestException("The security configuration is not a JSON object.")
    now = utc_now()
    document = {"SecurityConfiguration": text, "CreationDateTime": now.timestamp()}
    with service.store.changed:
        if name in service.store.records(owner, CONFIGURATIONS):
            raise InvalidRequestException(errors.CONFIGURATION_EXISTS.format(name))
        service.store.keep(owner, CONFIGURATIONS, name, document)
    return {"Name": name, "CreationDateTime": now}


def describe_security_configuration(service: Service, owner: Owner, params: Params) -> Params:
    """DescribeSecurityConfiguration."""
    name = params["Name"]
    document = service.store.records(owner, CONFIGURATIONS).get(name)
    if document is None:
        raise _no_such(name)
    return {
        "Name": name,
        "SecurityConfiguration": document["SecurityConfiguration"],
        "CreationDateTime": _moment(document),
    }


def list_security_configurations(service: Service, owner: Owner, params: Params) -> Params:
    """ListSecurityConfigurations: by name."""
    documents = service.store.records(owner, CONFIGURATIONS)
    page, marker = paged_by_name(documents, params.get("Marker"))
    found = [{"Name": name, "CreationDateTime": _moment(documents[name])} for name in page]
    return {"SecurityConfigurations": found, "Marker": marker}


def delete_security_configuration(service: Service, owner: Owner, params: Params) -> Params:
    """DeleteSecurityConfiguration: clusters that name it go on."""
    with service.store.changed:
        if params["Name"] not in service.store.records(owner, CONFIGURATIONS):
            raise _no_such(params["Name"])
        service.store.drop(owner, CONFIGURATIONS, params["Name"])
    return {}


def put_block_public_access(service: Service, owner: Owner, params: Params) -> Params:
    """PutBlockPublicAccessConfiguration."""
    configuration = params["BlockPublicAccessConfiguration"]
    for ports in configuration.get("PermittedPublicSecurityGroupRuleRanges", []):
        if ports.get("MaxRange", ports["MinRange"]) < ports["MinRange"]:
            raise InvalidRequestException(
                f"MaxRange must not be less than MinRange: {ports['MinRange']}, {ports['MaxRange']}."
            )
    document = {"Configuration": configuration, "CreationDateTime": utc_now().timestamp()}
    service.store.keep(owner, PUBLIC_ACCESS, "", document)
    return {}


def get_block_public_access(service: Service, owner: Owner, _: Params) -> Params:
    """GetBlockPublicAccessConfiguration; the default is dated 1970."""
    document = service.store.records(owner, PUBLIC_ACCESS).get("") or {
        "Configuration": SSH_ONLY,
        "CreationDateTime": 0,
    }
    return {
        "BlockPublicAccessConfiguration": document["Configuration"],
        "BlockPublicAccessConfigurationMetadata": {
            "CreationDateTime": _moment(document),
            "CreatedByArn": f"arn:aws:iam::{owner.account}:root",
        },
    }


def _moment(document: Params) -> datetime:
    return datetime.fromtimestamp(document["CreationDateTime"], UTC)


def _no_such(name: str) -> InvalidRequestException:
    return InvalidRequestException(errors.NO_SUCH_CONFIGURATION.format(name), code="ResourceNotFound")
