"""What AWS's services make in an account beside a deployment, once the pipeline has run there."""

from __future__ import annotations

from aws.rehearsal.account import Look


def after_a_run(look: Look, vpc: str, bucket: str, subnet: str) -> None:
    """EMR's two security groups, whose rules name each other, and a cluster that was never terminated."""
    ec2 = look.client("ec2")
    groups = {
        name: ec2.create_security_group(GroupName=f"ElasticMapReduce-{name}", Description=name, VpcId=vpc)[
            "GroupId"
        ]
        for name in ("Master-Private", "Slave-Private")
    }
    tag = {"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}
    ec2.create_tags(Resources=list(groups.values()), Tags=[tag])
    for group in groups.values():
        for port, protocol in ((0, "tcp"), (0, "udp")):
            rule = {
                "IpProtocol": protocol,
                "FromPort": port,
                "ToPort": 65535,
                "UserIdGroupPairs": [{"GroupId": other} for other in groups.values()],
            }
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    look.client("emr").run_job_flow(
        Name="rehearsal",
        ReleaseLabel="emr-7.13.0",
        LogUri=f"s3://{bucket}/logs/",
        Instances={
            "MasterInstanceType": "m5.xlarge",
            "SlaveInstanceType": "m5.xlarge",
            "InstanceCount": 2,
            "KeepJobFlowAliveWhenNoSteps": True,
            "Ec2SubnetId": subnet,
            "EmrManagedMasterSecurityGroup": groups["Master-Private"],
            "EmrManagedSlaveSecurityGroup": groups["Slave-Private"],
        },
        JobFlowRole="none",
        ServiceRole="none",
        VisibleToAllUsers=True,
        Tags=[
            {"Key": key, "Value": value}
            for key, value in (("project", "tubepulse"), ("profile", "aws"), ("prefix", "tubepulse"))
        ],
    )
