"""All resource types that the rehearsal knows, by CloudFormation's names."""

from aws.rehearsal.resources import (
    database,
    environment,
    function,
    identity,
    network,
    secret,
    security_groups,
    storage,
)
from aws.rehearsal.resources.base import Kind

KINDS: dict[str, Kind] = {
    **network.KINDS,
    **security_groups.KINDS,
    **storage.KINDS,
    **identity.KINDS,
    **database.KINDS,
    **secret.KINDS,
    **environment.KINDS,
    **function.KINDS,
}
