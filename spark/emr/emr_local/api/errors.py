"""The two error families of EMR's API, with AWS's texts.

"Job flow" operations answer ValidationException, which botocore does not model; "cluster" operations answer
InvalidRequestException with an ErrorCode. Both are HTTP 400.
"""

from __future__ import annotations

from typing import Any

NO_SUCH_JOB_FLOW = "Specified job flow ID does not exist."
MALFORMED_JOB_FLOW = "Specified job flow ID not valid"
NOT_MODIFIABLE = "A job flow that is shutting down, terminated, or finished may not be modified."
TOO_MANY_STEPS = (
    "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded."
)
EMPTY_ID_LIST = "The JobFlowId list cannot be empty"
PROTECTED = "Could not shut down one or more job flows since they are termination protected."
IDS_AND_STATES = "Cannot specify both StepIds and StepStates."
TAGS_OF_ENDED = "Tags cannot be modified on terminated clusters."
GROUPS_OF_ENDED = "An instance group may only be modified when the cluster is running or waiting"
NO_SUCH_CONFIGURATION = "Security configuration with name '{}' does not exist."
CONFIGURATION_EXISTS = "SecurityConfiguration with name '{}' already exists."
BAD_MARKER = "Marker '{}' is not valid."
BAD_RELEASE = "The supplied release label is invalid: {}."
MAX_TOLD = 10


class AwsError(Exception):
    """An answer in an AWS error shape; `status` is HTTP's."""

    status = 400

    def body(self) -> dict[str, Any]:
        """The JSON document of the answer."""
        return {"__type": type(self).__name__, "message": str(self)}


class ValidationException(AwsError):
    """What the job flow operations answer."""


class InvalidRequestException(AwsError):
    """What the cluster operations answer."""

    def __init__(self, message: str, code: str = "InvalidRequest") -> None:
        super().__init__(message)
        self.code = code

    def body(self) -> dict[str, Any]:
        """The modelled shape: capital Message, and an ErrorCode."""
        return {"__type": type(self).__name__, "ErrorCode": self.code, "Message": str(self)}


class InternalServerException(AwsError):
    """A defect of this service; its log has the traceback."""

    status = 500

    def body(self) -> dict[str, Any]:
        """The modelled shape."""
        return {"__type": type(self).__name__, "Message": str(self)}


class MissingAuthenticationTokenException(AwsError):
    """A request without a SigV4 Authorization header."""

    status = 403


class UnsupportedOperationException(AwsError):
    """An operation of EMR's API that this endpoint does not have; never an empty success."""

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"{operation} is not supported by this EMR endpoint. emr_local/api/operations.py would gain it."
        )


def no_such_cluster(cluster_id: str) -> InvalidRequestException:
    """The cluster family's answer to an unknown cluster id."""
    return InvalidRequestException(f"Cluster id '{cluster_id}' is not valid.", code="NoSuchCluster")


def no_such_step(step_id: str) -> InvalidRequestException:
    """The cluster family's answer to a step id that the cluster does not have."""
    return InvalidRequestException(f"Step id '{step_id}' is not valid.")


def mutually_exclusive(operation: str, instead: str, *, fleets: bool) -> InvalidRequestException:
    """The answer to an operation about groups on a cluster of fleets (`fleets`), or the other way round."""
    has = "fleets" if fleets else "groups"
    return InvalidRequestException(
        "Instance fleets and instance groups are mutually exclusive. "
        f"The EMR cluster specified in the request uses instance {has}. "
        f"The {operation} operation does not support clusters that use instance {has}. "
        f"Use the {instead} operation instead.",
        code=f"API_DOES_NOT_SUPPORT_INSTANCE_{has.upper().removesuffix('S')}_CLUSTERS",
    )


def failed_constraints(problems: list[str]) -> ValidationException:
    """Request members that break the API's model, as AWS's front end reports them; the first ten in full."""
    noun = "error" if len(problems) == 1 else "errors"
    told = "; ".join([*problems[:MAX_TOLD], *(["..."] if len(problems) > MAX_TOLD else [])])
    return ValidationException(f"{len(problems)} validation {noun} detected: {told}")
