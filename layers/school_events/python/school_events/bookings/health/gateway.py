"""KMS, which encrypts and decrypts answers about health under a key of their own: the key never leaves it."""

import base64
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from school_events.core import aws, settings
from school_events.core.errors import TryAgain

_NOT_NOW = frozenset(
    {
        "DependencyTimeoutException",
        "KeyUnavailableException",
        "KMSInternalException",
        "LimitExceededException",
        "ThrottlingException",
    }
)

_NEVER = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})


class Unreadable(Exception):
    """What was kept cannot be decrypted: it belongs to another answer or key, or was altered."""


def seal(plain: bytes, context: Mapping[str, str]) -> str:
    """Encrypt an answer, bound to what it is an answer to.

    Args:
        plain: at most 4096 bytes.
        context: what it is bound to (``rules.encryption_context``).

    Raises:
        TryAgain: KMS cannot do it now.
    """
    answer = _ask("encrypt", Plaintext=plain, EncryptionContext=dict(context))
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unseal(sealed: str, context: Mapping[str, str]) -> bytes:
    """Decrypt an answer.

    Raises:
        Unreadable: it is bound to something else, or was altered.
        TryAgain: KMS cannot do it now.
    """
    answer = _ask("decrypt", CiphertextBlob=base64.b64decode(sealed), EncryptionContext=dict(context))
    plain: bytes = answer["Plaintext"]
    return plain


def _ask(operation: str, **asked: Any) -> Any:
    """One call; its errors go on without what was asked, which may be an answer."""
    try:
        return getattr(aws.client("kms"), operation)(KeyId=settings.required("HEALTH_KEY"), **asked)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _NEVER:
            raise Unreadable from None
        if code in _NOT_NOW:
            raise TryAgain from None
        raise
