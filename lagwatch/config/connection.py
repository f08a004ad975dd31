"""How to reach a cluster: one section for TLS and SASL, given to kafka-python and to librdkafka in their own words."""

import functools
from typing import Any, Final, Literal

from pydantic import Field

from lagwatch.config.section import Section, read_secret
from lagwatch.config.tokens import Endpoint, FetchedToken, GivenToken, TokenSource
from lagwatch.config.values import PositiveSeconds, ReadableFile, Secret, Text, Url

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
PROTOCOLS: Final = {
    (False, False): "PLAINTEXT",
    (True, False): "SSL",
    (False, True): "SASL_PLAINTEXT",
    (True, True): "SASL_SSL",
}
"""Kafka's name of the security protocol by (TLS, SASL)."""


class TlsSettings(Section):
    """TLS to the brokers; with a certificate and a key of its own lagwatch also shows who it is (mTLS)."""

    enabled: bool = Field(False, description="Encrypt, and verify the brokers' certificates.")
    ca_file: ReadableFile | None = Field(
        None,
        description="PEM file of the authorities to trust, instead of the system's.",
        examples=["/etc/lagwatch/ca.pem"],
    )
    cert_file: ReadableFile | None = Field(
        None, description="PEM file of lagwatch's own certificate (mTLS).", examples=["/etc/lagwatch/client.pem"]
    )
    key_file: ReadableFile | None = Field(
        None, description="PEM file of the certificate's private key.", examples=["/etc/lagwatch/client.key"]
    )
    key_password: Secret | None = Field(None, description="Password of an encrypted key.", examples=["change me"])
    key_password_file: ReadableFile | None = Field(
        None, description="File that holds the password of the key.", examples=["/run/secrets/key-password"]
    )
    verify_hostname: bool = Field(True, description="Whether the brokers' certificates must name the brokers' hosts.")


class OidcSettings(Section):
    """A token endpoint (OIDC client credentials) for OAUTHBEARER."""

    token_endpoint: Url | None = Field(
        None, description="The address that gives tokens.", examples=["https://login.example.com/oauth2/token"]
    )
    client_id: Text | None = Field(None, description="Who asks for the token.", examples=["lagwatch"])
    client_secret: Secret | None = Field(None, description="Its secret.", examples=["change me"])
    client_secret_file: ReadableFile | None = Field(
        None, description="File that holds the secret.", examples=["/run/secrets/client-secret"]
    )
    scope: Text | None = Field(
        None, description="What is asked for, if the endpoint wants to know.", examples=["kafka"]
    )
    ca_file: ReadableFile | None = Field(
        None,
        description="PEM file of the authorities to trust for the endpoint, instead of the system's.",
        examples=["/etc/lagwatch/idp-ca.pem"],
    )
    timeout_s: PositiveSeconds = Field(5.0, alias="timeout", description="How long a request for a token may take.")


class SaslSettings(Section):
    """Who lagwatch is to the brokers."""

    mechanism: Mechanism | None = Field(
        None,
        description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; without it there is no SASL.",
        examples=["SCRAM-SHA-512"],
    )
    username: Text | None = Field(None, description="For PLAIN and SCRAM.", examples=["lagwatch"])
    password: Secret | None = Field(None, description="For PLAIN and SCRAM.", examples=["change me"])
    password_file: ReadableFile | None = Field(
        None, description="File that holds the password; read at each start.", examples=["/run/secrets/kafka-password"]
    )
    token: Secret | None = Field(
        None, description="For OAUTHBEARER: a token that does not change.", examples=["eyJhbGciOi"]
    )
    token_file: ReadableFile | None = Field(
        None,
        description="For OAUTHBEARER: a file that holds the token; read again for each connection.",
        examples=["/var/run/secrets/kafka-token"],
    )
    oidc: OidcSettings = Field(OidcSettings(), description="For OAUTHBEARER: where to fetch tokens.")


class ConnectionSettings(Section):
    """TLS and SASL of one cluster, for both client libraries."""

    tls: TlsSettings = Field(TlsSettings(), description="Encryption, and certificates of both sides.")
    sasl: SaslSettings = Field(SaslSettings(), description="Who lagwatch is to the brokers.")

    @property
    def protocol(self) -> str:
        """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        return PROTOCOLS[self.tls.enabled, self.sasl.mechanism is not None]

    def kafka_python(self) -> dict[str, Any]:
        """
        Settings for kafka-python's clients. Holds secrets in clear: never log it.

        Raises ConfigurationError if a file with a secret cannot be read (any more).
        """
        settings: dict[str, Any] = {"security_protocol": self.protocol}
        if self.tls.enabled:
            settings |= {
                "ssl_check_hostname": self.tls.verify_hostname,
                "ssl_cafile": _text(self.tls.ca_file),
                "ssl_certfile": _text(self.tls.cert_file),
                "ssl_keyfile": _text(self.tls.key_file),
                "ssl_password": read_secret(self.tls.key_password, self.tls.key_password_file),
            }
        if self.sasl.mechanism == "OAUTHBEARER":
            # The class that kafka-python asks for can only be made where kafka-python may be imported.
            from lagwatch.collect.oauth import BearerTokens

            source = self.token_source()
            settings["sasl_oauth_token_provider"] = BearerTokens(lambda: source.current().value)
        elif self.sasl.mechanism is not None:
            settings["sasl_plain_username"] = self.sasl.username
            settings["sasl_plain_password"] = read_secret(self.sasl.password, self.sasl.password_file)
        if self.sasl.mechanism is not None:
            settings["sasl_mechanism"] = self.sasl.mechanism
        return {key: value for key, value in settings.items() if value is not None}

    def librdkafka(self) -> dict[str, Any]:
        """
        Settings for confluent-kafka's clients (librdkafka's CONFIGURATION.md). Holds secrets in clear: never log it.

        Raises ConfigurationError if a file with a secret cannot be read (any more).
        """
        settings: dict[str, Any] = {"security.protocol": self.protocol}
        if self.tls.enabled:
            settings |= {
                "ssl.endpoint.identification.algorithm": "https" if self.tls.verify_hostname else "none",
                "ssl.ca.location": _text(self.tls.ca_file),
                "ssl.certificate.location": _text(self.tls.cert_file),
                "ssl.key.location": _text(self.tls.key_file),
                "ssl.key.password": read_secret(self.tls.key_password, self.tls.key_password_file),
            }
        if self.sasl.mechanism == "OAUTHBEARER":
            source = self.token_source()
            settings["oauth_cb"] = functools.partial(_token_and_expiry, source)
        elif self.sasl.mechanism is not None:
            settings["sasl.username"] = self.sasl.username
            settings["sasl.password"] = read_secret(self.sasl.password, self.sasl.password_file)
        if self.sasl.mechanism is not None:
            settings["sasl.mechanism"] = self.sasl.mechanism
        return {key: value for key, value in settings.items() if value is not None}

    def token_source(self) -> TokenSource:
        """Where the OAUTHBEARER tokens of this cluster come from; one source caches for all its connections."""
        sasl, oidc = self.sasl, self.sasl.oidc
        if oidc.token_endpoint is None:
            return GivenToken(lambda: read_secret(sasl.token, sasl.token_file) or "")
        endpoint = Endpoint(
            url=oidc.token_endpoint,
            client_id=oidc.client_id or "",
            secret=lambda: read_secret(oidc.client_secret, oidc.client_secret_file) or "",
            scope=oidc.scope,
            ca_file=oidc.ca_file,
            timeout_s=oidc.timeout_s,
        )
        return FetchedToken(endpoint)


def _token_and_expiry(source: TokenSource, _config: str) -> tuple[str, float]:
    token = source.current()
    return token.value, token.expires_at


def _text(path: object) -> str | None:
    return None if path is None else str(path)
