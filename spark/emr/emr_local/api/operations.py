"""Every operation of EMR's API: what this endpoint does with it, and what is different on AWS.

`python -m emr_local.api.operations` writes the table of docs/emr.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple

from emr_local.api.shapes import emr_model
from emr_local.calls import (
    cluster_calls,
    instances,
    job_flow_details,
    job_flows,
    policies,
    records,
    release_labels,
)
from emr_local.service import Operation

REAL, RECORDED, REFUSED = "real", "recorded", "refused"


class Entry(NamedTuple):
    """What is done with an operation, and a note for people; a refused one has no function."""

    kind: str
    note: str
    run: Operation | None = None


NO_STUDIO = "no Studio here"
NO_NOTEBOOK = "no notebooks here"
NO_SESSION = "no interactive sessions here"
NO_APP_UI = "no application pages here; GET / shows clusters, steps and logs"
IMMEDIATE = (
    "listed at once: no machine is behind it, and executors of a standalone Spark follow RunJobFlow's counts"
)

TABLE: Mapping[str, Entry] = {
    "AddInstanceFleet": Entry(REAL, IMMEDIATE, instances.add_instance_fleet),
    "AddInstanceGroups": Entry(REAL, IMMEDIATE, instances.add_instance_groups),
    "AddJobFlowSteps": Entry(
        REAL,
        "steps run on this machine; ExecutionRoleArn is shown only; StepMonitoringConfiguration is refused",
        job_flows.add_job_flow_steps,
    ),
    "AddTags": Entry(REAL, "clusters only", cluster_calls.add_tags),
    "CancelSteps": Entry(REAL, "", cluster_calls.cancel_steps),
    "CreatePersistentAppUI": Entry(REFUSED, NO_APP_UI),
    "CreateSecurityConfiguration": Entry(
        RECORDED, "any JSON object is taken; nothing is encrypted", records.create_security_configuration
    ),
    "CreateStudio": Entry(REFUSED, NO_STUDIO),
    "CreateStudioSessionMapping": Entry(REFUSED, NO_STUDIO),
    "DeleteSecurityConfiguration": Entry(RECORDED, "", records.delete_security_configuration),
    "DeleteStudio": Entry(REFUSED, NO_STUDIO),
    "DeleteStudioSessionMapping": Entry(REFUSED, NO_STUDIO),
    "DescribeCluster": Entry(
        REAL,
        "LogUri is given back as it came, where EMR often says s3n://; the primary node is localhost; "
        "security groups and the zone are made up unless given; no instance hours; Spark's version is the "
        "one that runs",
        cluster_calls.describe_cluster,
    ),
    "DescribeJobFlows": Entry(
        REAL, "deprecated on AWS; fleets are not listed in it", job_flow_details.describe_job_flows
    ),
    "DescribeNotebookExecution": Entry(REFUSED, NO_NOTEBOOK),
    "DescribePersistentAppUI": Entry(REFUSED, NO_APP_UI),
    "DescribeReleaseLabel": Entry(
        REAL, "knows six releases, of each Spark and Hadoop only", release_labels.describe_release_label
    ),
    "DescribeSecurityConfiguration": Entry(RECORDED, "", records.describe_security_configuration),
    "DescribeStep": Entry(REAL, "", cluster_calls.describe_step),
    "DescribeStudio": Entry(REFUSED, NO_STUDIO),
    "GetAutoTerminationPolicy": Entry(REAL, "", policies.get_auto_termination),
    "GetBlockPublicAccessConfiguration": Entry(
        RECORDED, "EMR's default (port 22), dated 1970, until one is put", records.get_block_public_access
    ),
    "GetClusterSessionCredentials": Entry(REFUSED, "no credentials are made here"),
    "GetManagedScalingPolicy": Entry(RECORDED, "", policies.get_managed_scaling),
    "GetOnClusterAppUIPresignedURL": Entry(REFUSED, NO_APP_UI),
    "GetPersistentAppUIPresignedURL": Entry(REFUSED, NO_APP_UI),
    "GetSession": Entry(REFUSED, NO_SESSION),
    "GetSessionEndpoint": Entry(REFUSED, NO_SESSION),
    "GetStudioSessionMapping": Entry(REFUSED, NO_STUDIO),
    "ListBootstrapActions": Entry(REAL, "", cluster_calls.list_bootstrap_actions),
    "ListClusters": Entry(REAL, "", cluster_calls.list_clusters),
    "ListInstanceFleets": Entry(
        REAL, "a fleet is made of its type of the smallest weight", instances.list_instance_fleets
    ),
    "ListInstanceGroups": Entry(REAL, "", instances.list_instance_groups),
    "ListInstances": Entry(
        REAL,
        "all instances are this machine, at its loopback address; 2,000 of a cluster at most",
        instances.list_instances,
    ),
    "ListNotebookExecutions": Entry(REFUSED, NO_NOTEBOOK),
    "ListReleaseLabels": Entry(
        REAL, "knows six; RunJobFlow takes every well-formed label", release_labels.list_release_labels
    ),
    "ListSecurityConfigurations": Entry(RECORDED, "", records.list_security_configurations),
    "ListSessions": Entry(REFUSED, NO_SESSION),
    "ListSteps": Entry(REAL, "", cluster_calls.list_steps),
    "ListStudioSessionMappings": Entry(REFUSED, NO_STUDIO),
    "ListStudios": Entry(REFUSED, NO_STUDIO),
    "ListSupportedInstanceTypes": Entry(
        REAL, "some common types; RunJobFlow takes any", release_labels.list_supported_instance_types
    ),
    "ModifyCluster": Entry(REAL, "ExtendedSupport is recorded only", cluster_calls.modify_cluster),
    "ModifyInstanceFleet": Entry(REAL, IMMEDIATE, instances.modify_instance_fleet),
    "ModifyInstanceGroups": Entry(
        REAL,
        f"{IMMEDIATE}; Configurations and ShrinkPolicy are recorded only",
        instances.modify_instance_groups,
    ),
    "PutAutoScalingPolicy": Entry(RECORDED, "nothing scales", policies.put_auto_scaling),
    "PutAutoTerminationPolicy": Entry(
        REAL, "idle is a cluster without active steps", policies.put_auto_termination
    ),
    "PutBlockPublicAccessConfiguration": Entry(RECORDED, "", records.put_block_public_access),
    "PutManagedScalingPolicy": Entry(RECORDED, "nothing scales", policies.put_managed_scaling),
    "RemoveAutoScalingPolicy": Entry(RECORDED, "", policies.remove_auto_scaling),
    "RemoveAutoTerminationPolicy": Entry(REAL, "", policies.remove_auto_termination),
    "RemoveManagedScalingPolicy": Entry(RECORDED, "", policies.remove_managed_scaling),
    "RemoveTags": Entry(REAL, "clusters only", cluster_calls.remove_tags),
    "RunJobFlow": Entry(
        REAL,
        "roles, networks, AMIs, disks, Kerberos, MonitoringConfiguration, SecurityConfiguration and the "
        "scaling policies are recorded only; instance counts only size executors on a standalone Spark",
        job_flows.run_job_flow,
    ),
    "SetKeepJobFlowAliveWhenNoSteps": Entry(REAL, "", job_flows.set_keep_alive),
    "SetTerminationProtection": Entry(REAL, "", job_flows.set_termination_protection),
    "SetUnhealthyNodeReplacement": Entry(
        RECORDED, "no node is ever unhealthy", job_flows.set_unhealthy_node_replacement
    ),
    "SetVisibleToAllUsers": Entry(
        RECORDED, "all of an account see all its clusters", job_flows.set_visible_to_all_users
    ),
    "StartNotebookExecution": Entry(REFUSED, NO_NOTEBOOK),
    "StartSession": Entry(REFUSED, NO_SESSION),
    "StopNotebookExecution": Entry(REFUSED, NO_NOTEBOOK),
    "TerminateJobFlows": Entry(REAL, "", job_flows.terminate_job_flows),
    "TerminateSession": Entry(REFUSED, NO_SESSION),
    "UpdateStudio": Entry(REFUSED, NO_STUDIO),
    "UpdateStudioSessionMapping": Entry(REFUSED, NO_STUDIO),
}
OPERATIONS: Mapping[str, Operation] = {name: entry.run for name, entry in TABLE.items() if entry.run}


def table() -> str:
    """The table of docs/emr.md, of all operations of the API's model."""
    lines = ["| Operation | Here | What differs from AWS |", "|---|---|---|"]
    for name in sorted(emr_model().operation_names):
        entry = TABLE[name]
        lines.append(f"| {name} | {entry.kind} | {entry.note[:1].upper()}{entry.note[1:]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
