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
NO_SERVICE_ROLE = "ServiceRole is required for creating cluster."
IDS_AND_STATES = "Cannot specify both StepIds and StepStates."


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
            f"{operation} is not supported by this EMR endpoint. emr_local/operations.py would gain it."
        )


def no_such_cluster(cluster_id: str) -> InvalidRequestException:
    """The cluster family's answer to an unknown cluster id."""
    return InvalidRequestException(f"Cluster id '{cluster_id}' is not valid.", code="NoSuchCluster")


def no_such_step(step_id: str) -> InvalidRequestException:
    """The cluster family's answer to a step id that the cluster does not have."""
    return InvalidRequestException(f"Step id '{step_id}' is not valid.")


def failed_constraints(problems: list[str]) -> ValidationException:
    """Request members that break the API's model, as AWS's front end reports them."""
    noun = "error" if len(problems) == 1 else "errors"
    return ValidationException(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")
