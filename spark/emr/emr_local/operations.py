"""The operations that this endpoint has, by their names in EMR's API."""

from __future__ import annotations

from collections.abc import Mapping

from emr_local import cluster_calls, job_flows
from emr_local.service import Operation

OPERATIONS: Mapping[str, Operation] = {
    "AddJobFlowSteps": job_flows.add_job_flow_steps,
    "AddTags": cluster_calls.add_tags,
    "CancelSteps": cluster_calls.cancel_steps,
    "DescribeCluster": cluster_calls.describe_cluster,
    "DescribeStep": cluster_calls.describe_step,
    "GetAutoTerminationPolicy": cluster_calls.get_auto_termination_policy,
    "ListBootstrapActions": cluster_calls.list_bootstrap_actions,
    "ListClusters": cluster_calls.list_clusters,
    "ListInstanceFleets": cluster_calls.list_instance_fleets,
    "ListInstanceGroups": cluster_calls.list_instance_groups,
    "ListSteps": cluster_calls.list_steps,
    "PutAutoTerminationPolicy": cluster_calls.put_auto_termination_policy,
    "RemoveAutoTerminationPolicy": cluster_calls.remove_auto_termination_policy,
    "RemoveTags": cluster_calls.remove_tags,
    "RunJobFlow": job_flows.run_job_flow,
    "SetKeepJobFlowAliveWhenNoSteps": job_flows.set_keep_alive,
    "SetTerminationProtection": job_flows.set_termination_protection,
    "TerminateJobFlows": job_flows.terminate_job_flows,
}
