"""Accepting a cdk-nag finding: for one resource, by the finding's exact name, with a reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(resource: IConstruct, finding: str, reason: str) -> None:
    """Accepts one finding of one resource.

    Args:
        resource: the construct that cdk-nag names.
        finding: such as ``AwsSolutions-IAM5[Resource::*]``.
        reason: why this is right here; it ends up in the validation report.
    """
    Validations.of(resource).acknowledge(Acknowledgment(id=finding, reason=reason))
