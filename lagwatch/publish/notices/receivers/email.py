"""E-mail over SMTP (RFC 5321), in the clear, with STARTTLS (RFC 3207) or with TLS from the start; plain text and HTML."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path

from lagwatch.model.notices import Message
from lagwatch.publish.notices.base import Receiver
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.receivers.http import EXCERPT_BYTES, Secret
from lagwatch.publish.notices.texts import Wording, cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server; `tls` is "none", "starttls" or "tls". With a `username` we log in with `password`."""

    host: str
    port: int
    tls: str = "starttls"
    username: str | None = None
    password: Secret = lambda: None
    ca_file: Path | None = None
    timeout_s: float = 20.0


class Email(Receiver):
    """Sends one mail a message; mails about one group of alerts are one thread for the reader."""

    kind = "email"

    def __init__(
        self, name: str, server: Server, *, sender: str, to: tuple[str, ...], wording: Wording | None = None
    ) -> None:
        super().__init__(name, f"{server.host}:{server.port}", wording)
        self._server = server
        self._sender = sender
        self._to = to

    def _send(self, message: Message) -> Outcome:
        mail = self._mail(message)
        try:
            with self._connected() as smtp:
                refused = smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            return self._of_codes([code for code, _ in error.recipients.values()], str(_first(error.recipients)))
        except smtplib.SMTPAuthenticationError as error:
            # Nothing about this message: it goes out as soon as the password is right again.
            return Outcome(Fate.RETRY, f"{self.address} refused the login: {_said(error)}", everyone=True)
        except smtplib.SMTPResponseException as error:
            return self._of_codes([error.smtp_code], _said(error))
        except (OSError, smtplib.SMTPException) as error:
            reason = str(error) or type(error).__name__
            return Outcome(Fate.RETRY, f"{self.address} could not be used: {reason}", everyone=True)
        said = f"{self.address} accepted it"
        return Outcome(Fate.SENT, f"{said}, but not for {', '.join(refused)}" if refused else said)

    def _of_codes(self, codes: list[int], said: str) -> Outcome:
        """Codes from 500 on are final, those from 400 on are not (RFC 5321 § 4.2.1)."""
        fate = Fate.REFUSED if all(code >= 500 for code in codes) else Fate.RETRY
        return Outcome(fate, f"{self.address} answered {codes[0]}: {said}")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file is not None else None)
        smtp = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
            if server.tls == "tls"
            else smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        )
        try:
            if server.tls == "starttls":
                smtp.starttls(context=context)
            if server.username is not None:
                smtp.login(server.username, server.password() or "")
            yield smtp
        finally:
            # It was accepted or not by now; how the connection ends changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _mail(self, message: Message) -> EmailMessage:
        words = self.wording.words(message)
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._to)
        mail["Subject"] = cut(" ".join(words.title.split()), 200)
        mail["Date"] = formatdate(message.created_at)
        # The same at every try: a mail that arrives twice is shown once.
        mail["Message-ID"] = f"<{message.id}@lagwatch.invalid>"
        mail["References"] = f"<{sha256(message.key.encode()).hexdigest()}@lagwatch.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(words.text)
        if words.html:
            mail.add_alternative(words.html, subtype="html")
        return mail


def _first(recipients: dict[str, tuple[int, bytes]]) -> str:
    address, (_, answer) = next(iter(recipients.items()))
    return f"{_text(answer)} ({address})"


def _said(error: smtplib.SMTPResponseException) -> str:
    return _text(error.smtp_error)


def _text(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text[:EXCERPT_BYTES].split())
