"""The secured listeners of a test cluster: one certificate authority, one set of users, every mechanism at once."""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lagwatch.demo.programs import ensure
from lagwatch.errors import DemoError

LISTENERS: Mapping[str, str] = {"SSL": "SSL", "MTLS": "SSL", "SASL_PLAINTEXT": "SASL_PLAINTEXT", "SASL_SSL": "SASL_SSL"}
"""Name of each secured listener and its protocol; MTLS asks for a client certificate, SSL does not."""

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
"""SASL mechanisms of both SASL listeners; OAUTHBEARER takes unsecured tokens, see `unsecured_token`."""


@dataclass(frozen=True, kw_only=True)
class Security:
    """
    Adds the secured LISTENERS to a cluster, beside the plain one that stays for administration.

    users   name to password, for PLAIN and SCRAM
    acls    use KRaft's StandardAuthorizer: whoever is not on the plain listener may do only what ACLs allow. The
            principals are `User:NAME` (SASL) and `User:CN=lagwatch-client` (mTLS); the plain listener is a super user.
    """

    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    acls: bool = False

    def format_arguments(self) -> list[str]:
        """Arguments of `StorageTool format` that create the users' SCRAM credentials."""
        scram = [name for name in MECHANISMS if name.startswith("SCRAM")]
        return [
            part
            for mechanism in scram
            for user, password in self.users.items()
            for part in ("--add-scram", f"{mechanism}=[name={user},password={password}]")
        ]

    def settings(self, certificates: "Certificates") -> dict[str, str]:
        """Broker settings: TLS of every secured listener, JAAS of every mechanism, the authorizer."""
        tls = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(certificates.broker),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(certificates.authority),
            "listener.name.mtls.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        }
        sasl = {
            f"listener.name.{listener.lower()}.{mechanism.lower()}.sasl.jaas.config": self._jaas(mechanism)
            for listener, protocol in LISTENERS.items()
            if protocol.startswith("SASL")
            for mechanism in MECHANISMS
        }
        authorizer = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",  # brokers, controllers and administration: the plain listeners
        }
        return {**tls, **sasl, **(authorizer if self.acls else {})}

    def _jaas(self, mechanism: str) -> str:
        package = "org.apache.kafka.common.security"
        if mechanism == "PLAIN":
            users = "".join(f' user_{name}="{password}"' for name, password in self.users.items())
            return f"{package}.plain.PlainLoginModule required{users};"
        if mechanism == "OAUTHBEARER":
            module = f"{package}.oauthbearer.OAuthBearerLoginModule"
            return f'{module} required unsecuredLoginStringClaim_sub="broker";'
        return f"{package}.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, the brokers' key and certificate in one file, the client's certificate and key."""

    authority: Path
    broker: Path
    client: Path
    client_key: Path


def make_certificates(directory: Path) -> Certificates:
    """Make a certificate authority, a certificate for localhost and 127.0.0.1, and one for a client, with openssl."""
    directory.mkdir(parents=True, exist_ok=True)
    authority, authority_key = directory / "authority.pem", directory / "authority.key"
    subject = ["-subj", "/CN=lagwatch test authority", "-addext", "basicConstraints=critical,CA:TRUE"]
    _openssl("req", "-x509", *_NEW_KEY, "-keyout", authority_key, "-out", authority, "-days", "30", *subject)
    for name, common_name in (("broker", "localhost"), ("client", "lagwatch-client")):
        extension = directory / f"{name}.ext"
        extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n", encoding="utf-8")
        key, request, signed = (directory / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        _openssl("req", "-new", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={common_name}")
        signer: list[str | Path] = [
            "-CA",
            authority,
            "-CAkey",
            authority_key,
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            extension,
        ]
        _openssl("x509", "-req", "-in", request, "-out", signed, *signer)
    broker = directory / "broker.pem"
    broker.write_bytes((directory / "broker.key").read_bytes() + (directory / "broker.crt").read_bytes())
    return Certificates(authority, broker, directory / "client.crt", directory / "client.key")


def unsecured_token(subject: str, *, now: float, lifetime_s: int = 3600) -> str:
    """An unsigned JSON web token (RFC 7519 § 6) for `subject`, which the OAUTHBEARER listeners of a test cluster accept."""
    claims = {"sub": subject, "iat": int(now), "exp": int(now) + lifetime_s}
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims))
    return ".".join(part.decode() for part in encoded) + "."


_NEW_KEY = ("-newkey", "rsa:2048", "-nodes")


def _openssl(*arguments: str | Path) -> None:
    command = [ensure("openssl", "openssl"), *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise DemoError(f"openssl {arguments[0]} failed while making test certificates: {answer.stderr.strip()}")
