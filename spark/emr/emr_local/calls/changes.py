"""Changing a cluster for an operation of the cluster family, whose errors are InvalidRequestException."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from emr_local.api.errors import NOT_MODIFIABLE, InvalidRequestException, ValidationException
from emr_local.service import Service
from emr_local.state.model import Cluster, Owner

Change = Callable[[Cluster, datetime], Cluster]


def change(service: Service, owner: Owner, cluster_id: str, how: Change) -> Cluster:
    """The owner's cluster after the change; a cluster that is ending or has ended is refused.

    What `how` raises for the job flow family is said in this family's shape.
    """

    def in_family(before: Cluster, now: datetime) -> Cluster:
        if not before.state.modifiable:
            raise InvalidRequestException(NOT_MODIFIABLE)
        return how(before, now)

    cluster = service.store.get(cluster_id, owner)
    try:
        return service.store.update(cluster.id, in_family)
    except ValidationException as error:
        raise InvalidRequestException(str(error)) from None
