"""The recordings on AWS: the stack `fixtures`, whose function answers MWAA in their sources' place."""

from __future__ import annotations

from typing import Any

import requests

from aws.account import Account
from aws.infrastructure import templates
from aws.infrastructure.stacks import Stacks
from embedded.errors import Unusable
from fixtures.lambda_package import package

KEY = "fixtures"  # of the stack and of its template
CODE = "e2e/fixtures.zip"
AT_ONCE = 4  # executions; the one task that asks has one request under way
ALWAYS_FREE = 100  # executions that AWS wants an account to keep unreserved
PATIENCE = 120.0  # seconds until a new address answers


def make(stacks: Stacks, account: Account, prefix: str, bucket: str, token_sha256: str) -> str:
    """Bring the stack up to date, its code in the bucket; returns the address's host. Raises Unusable."""
    name = f"{prefix}-{KEY}"
    put = account.client("s3").put_object(Bucket=bucket, Key=CODE, Body=package())
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    parameters = {
        "Prefix": prefix,
        "CodeBucket": bucket,
        "CodeKey": CODE,
        "CodeVersion": put["VersionId"],
        "TokenSha256": token_sha256,
        "ReservedConcurrency": reserved(limits),
    }
    if state := stacks.settled(name):
        stacks.check(state)
    stacks.apply(stacks.wanted(name, templates.read(templates.FOLDER, KEY).body, parameters), lambda _: None)
    state = stacks.find(name)
    if state is None:
        raise Unusable(f"stack {name} is gone: somebody deleted it; call again")
    return state.outputs["Host"]


def reserved(limits: dict[str, Any]) -> str:
    """How many executions are reserved, as a parameter; none where a new account has hardly any."""
    return str(AT_ONCE) if limits["UnreservedConcurrentExecutions"] >= ALWAYS_FREE + AT_ONCE else ""


def answers(host: str, token: str) -> bool:
    """Whether the address serves whoever has the token, and nobody else."""
    url = f"https://{host}/health"
    try:
        let_in = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        stranger = requests.get(url, timeout=30)
    except requests.RequestException:
        return False
    return (let_in.status_code, stranger.status_code) == (200, 401)
