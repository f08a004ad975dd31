"""Mail to a real SMTP server: STARTTLS, TLS from the start, login, refusals, and a server that is gone."""

import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from lagwatch.errors import ConfigurationError
from lagwatch.model.alerts import State
from lagwatch.publish.notices.outcome import Fate
from lagwatch.publish.notices.receivers import Email, Server
from lagwatch.publish.notices.templates import Template
from lagwatch.publish.notices.texts import Wording
from tests.support.notices import T0, Planner, alert, message


@dataclass
class Box:
    """What a server took, and what it answers (None: it takes everything)."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    says: str | None = None
    refuses: str = ""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd's name)
        if address == self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (aiosmtpd's name)
        if self.says is not None:
            return self.says
        self.envelopes.append(envelope)
        return "250 OK"

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=(data.login, data.password) == (b"lagwatch", b"hunter2"), handled=False)

    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(each.content, policy=default) for each in self.envelopes]


@contextmanager
def server(certificates=None, *, tls: str = "none") -> Iterator[Box]:
    box = Box()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if certificates is not None:
        context.load_cert_chain(certificates.broker)
    options = {
        "none": {},
        "starttls": {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": box.authenticate,
            "auth_required": True,
        },
        # aiosmtpd counts only STARTTLS as TLS, so that it must not ask for it here.
        "tls": {"ssl_context": context, "authenticator": box.authenticate, "auth_require_tls": False},
    }[tls]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def mailer(
    box: Box, *, wording: Wording | None = None, to=("ops@example.com", "on-call@example.com"), **options
) -> Email:
    known = {"host": "localhost" if options.get("ca_file") else "127.0.0.1", "tls": "none", "timeout_s": 5.0}
    return Email(
        "mail", Server(port=box.port, **(known | options)), sender="lagwatch@example.com", to=to, wording=wording
    )


def told(*alerts):
    (one,) = Planner().look(T0 + 30, *alerts)
    return one


def test_a_mail_says_it_in_text_and_in_html_to_everybody():
    with server() as box:
        outcome = mailer(box).send(told(alert("büro <b>")))
        assert outcome.fate is Fate.SENT, outcome.reason
    (mail,) = box.mails()
    assert box.envelopes[0].rcpt_tos == ["ops@example.com", "on-call@example.com"]
    assert mail["Subject"] == "[firing critical] ConsumerLagHigh: büro <b> is behind on orders"
    assert (mail["From"], mail["Auto-Submitted"]) == ("lagwatch@example.com", "auto-generated")
    text, html = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    assert "group büro <b>" in text
    assert "büro &lt;b&gt;" in html


def test_mails_about_one_group_are_one_thread_and_a_repeated_one_is_the_same_mail():
    planner = Planner()
    (begun,) = planner.look(T0 + 30, alert())
    (ended,) = planner.look(T0 + 400, alert(state=State.RESOLVED))
    with server() as box:
        for each in (begun, begun, ended):
            mailer(box).send(each)
    first, again, end = box.mails()
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert first["References"] == end["References"]
    assert first["Date"] == again["Date"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_with_tls_and_a_login_it_goes_to_a_server_that_wants_both(certificates, tls):
    with server(certificates, tls=tls) as box:
        sender = mailer(box, tls=tls, ca_file=certificates.authority, username="lagwatch", password=lambda: "hunter2")
        outcome = sender.send(message())
        assert outcome.fate is Fate.SENT, outcome.reason
    assert (len(box.envelopes), box.logins) == (1, ["lagwatch"])


def test_a_wrong_password_delays_everything_and_is_not_shown(certificates):
    with server(certificates, tls="starttls") as box:
        sender = mailer(
            box, tls="starttls", ca_file=certificates.authority, username="lagwatch", password=lambda: "s3cret"
        )
        outcome = sender.send(message())
    assert (outcome.fate, outcome.everyone, box.envelopes) == (Fate.RETRY, True, [])
    assert "refused the login" in outcome.reason
    assert "s3cret" not in outcome.reason + repr(sender)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_mail(certificates, tls):
    with server(certificates, tls=tls) as box:
        sender = mailer(box, host="localhost", tls=tls, username="lagwatch", password=lambda: "hunter2")
        outcome = sender.send(message())
    assert (outcome.fate, box.logins, box.envelopes) == (Fate.RETRY, [], [])
    assert "certificate" in outcome.reason


def test_a_server_without_starttls_gets_no_mail_in_the_clear():
    with server() as box:
        outcome = mailer(box, tls="starttls").send(message())
    assert (outcome.fate, box.envelopes) == (Fate.RETRY, [])
    assert "STARTTLS" in outcome.reason


@pytest.mark.parametrize(
    "answer, fate", [("451 try again later", Fate.RETRY), ("552 too much mail", Fate.REFUSED), ("421 busy", Fate.RETRY)]
)
def test_what_the_server_says_is_final_from_500_on(answer, fate):
    with server() as box:
        box.says = answer
        outcome = mailer(box).send(message())
    assert (outcome.fate, answer[4:] in outcome.reason) == (fate, True)


def test_one_address_that_is_refused_does_not_keep_the_mail_from_the_others_and_all_of_them_do():
    with server() as box:
        box.refuses = "ops@example.com"
        some = mailer(box).send(message())
        none = mailer(box, to=("ops@example.com",)).send(message())
    assert (some.fate, "not for ops@example.com" in some.reason) == (Fate.SENT, True)
    assert (none.fate, none.reason) == (
        Fate.REFUSED,
        f"127.0.0.1:{box.port} answered 550: no such user (ops@example.com)",
    )


def test_a_server_that_is_gone_and_one_that_says_nothing_are_tried_again():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        gone = mailer(Box(port=silent.getsockname()[1])).send(message())
        silent.listen()
        mute = mailer(Box(port=silent.getsockname()[1]), timeout_s=0.2).send(message())
    for outcome in (gone, mute):
        assert (outcome.fate, outcome.everyone) == (Fate.RETRY, True)
        assert "could not be used" in outcome.reason


def test_a_password_that_cannot_be_read_delays_the_mail(certificates):
    def unreadable() -> str:
        raise ConfigurationError("the secret in smtp-password cannot be read")

    with server(certificates, tls="starttls") as box:
        sender = mailer(box, tls="starttls", ca_file=certificates.authority, username="me", password=unreadable)
        outcome = sender.send(message())
    assert (outcome.fate, outcome.reason) == (Fate.RETRY, "the secret in smtp-password cannot be read")


def test_a_template_gives_subject_text_and_html():
    wording = Wording(Template(title="T {{ severity }}", text="X", html="<i>H</i>"))
    with server() as box:
        mailer(box, wording=wording).send(told(alert()))
    (mail,) = box.mails()
    assert mail["Subject"] == "T critical"
    assert mail.get_body(("plain",)).get_content().strip() == "X"
    assert mail.get_body(("html",)).get_content().strip() == "<i>H</i>"
