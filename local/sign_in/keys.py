"""The key pair that signs the local tokens."""

import base64
import contextlib
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

_FILE: Final = "sign-in-key.pem"
_BITS: Final = 2048


@dataclass(frozen=True)
class SigningKey:
    """An RSA key pair. It is for one machine's demo only: whoever has it can be anybody there."""

    private: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key pair."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=_BITS))

    @classmethod
    def kept_in(cls, folder: Path) -> "SigningKey":
        """The key pair in a folder, made on first use, so that tokens outlive a restart.

        Two programs that use it first at once get the same pair: a file appears whole or not at all, and only once.

        Raises:
            TypeError: The file holds another kind of key.
        """
        path = folder / _FILE
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            cls.generate()._write_once(path)
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return cls(private)

    @property
    def key_id(self) -> str:
        """The `kid` of the key: its JWK thumbprint (RFC 7638), so that it is the same wherever it is worked out."""
        jwk = self._jwk()
        members = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
        return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()

    @property
    def public_pem(self) -> bytes:
        """The public half as PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The JSON Web Key Set with the public half."""
        return {"keys": [{**self._jwk(), "alg": "RS256", "use": "sig", "kid": self.key_id}]}

    def _write_once(self, path: Path) -> None:
        # A temporary file is readable by its owner only.
        with tempfile.NamedTemporaryFile(dir=path.parent) as unfinished:
            unfinished.write(self._pem())
            unfinished.flush()
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(unfinished.name)

    def _jwk(self) -> dict[str, Any]:
        members = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {name: members[name] for name in ("kty", "n", "e")}

    def _pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
