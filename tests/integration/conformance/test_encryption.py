"""The embedded KMS keeps what answers about health stand on: what is bound to one thing opens as no other."""

from __future__ import annotations

import pytest

from tests.integration.conformance.conftest import Toy

CONTEXT = {"school": "s1", "booking": "b1", "question": "q1"}


@pytest.mark.parametrize("changed", [{"school": "s2"}, {"booking": "b2"}, {"question": "q2"}])
def test_what_is_encrypted_for_one_answer_cannot_be_decrypted_as_another(toy: Toy, changed: dict[str, str]) -> None:
    kms, key = toy.client("kms"), toy.physical["Key"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hay fever", EncryptionContext=CONTEXT)["CiphertextBlob"]

    assert b"hay fever" not in sealed
    opened = kms.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionContext=CONTEXT)["Plaintext"]
    assert opened == b"hay fever"
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionContext=CONTEXT | changed)
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(KeyId=key, CiphertextBlob=sealed)


def test_the_same_answer_is_never_encrypted_alike(toy: Toy) -> None:
    kms, key = toy.client("kms"), toy.physical["Key"]
    asked = {"KeyId": key, "Plaintext": b"no", "EncryptionContext": CONTEXT}

    assert kms.encrypt(**asked)["CiphertextBlob"] != kms.encrypt(**asked)["CiphertextBlob"]


def test_what_was_altered_cannot_be_decrypted_as_anything(toy: Toy) -> None:
    kms, key = toy.client("kms"), toy.physical["Key"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"no", EncryptionContext=CONTEXT)["CiphertextBlob"]

    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(KeyId=key, CiphertextBlob=sealed[:40] + b"x" + sealed[41:], EncryptionContext=CONTEXT)
