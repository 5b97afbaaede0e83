"""One mail through the firm's own server (SMTP, RFC 5321), with an end that is known as far as it can be.

Until the whole text was handed over, a lost connection means that nothing was sent; from then on nobody knows. SMTP
cannot be asked afterwards.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from ssl import create_default_context

from connectors.messages.settings import MailSettings
from core.sdk import AuthError, Outcome, RetryLater

ACCEPTED = 250
WILL_FORWARD = 251
NOT_NOW = range(400, 500)  # transient by RFC 5321, section 4.2.1


def send_mail(settings: MailSettings, mail: EmailMessage, recipient: str) -> Outcome:
    """Send one mail; raises ``RetryLater`` where the server surely did not take it, ``AuthError`` for a wrong login."""
    with _server(settings) as server:
        refusal = _refusal(*server.mail(settings.address)) or _refusal(*server.rcpt(recipient))
        if refusal:
            return refusal
        try:
            code, said = server.data(mail.as_bytes(policy=WIRE))
        except smtplib.SMTPDataError as error:
            return _refusal(error.smtp_code, error.smtp_error) or Outcome("unknown", message="the server broke off")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome("unknown", message=f"the answer to the mail was lost ({type(error).__name__})")
        return _refusal(code, said) or Outcome("applied", str(mail["Message-ID"]), created=True)


def greet(settings: MailSettings) -> None:
    """Connect and log in, and send nothing; raises what ``send_mail`` raises."""
    with _server(settings) as server:
        server.noop()


def written(settings: MailSettings, to: str, subject: str, text: str, key: str, now: datetime) -> EmailMessage:
    """A plain mail; raises ``ValueError`` for a subject or address that would begin another header.

    Its id is made from the key, so that the recipient's system can tell a second copy; Auto-Submitted (RFC 3834) keeps
    absence notes from being answered.
    """
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.sender, to, subject
    if settings.reply_to:
        mail["Reply-To"] = settings.reply_to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{key}@{settings.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


@contextmanager
def _server(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """A connection that is logged in; whatever fails before a mail was handed over may be done again."""
    where = f"{settings.host}:{settings.port}"
    try:
        server = _connect(settings)
    except smtplib.SMTPAuthenticationError as error:
        raise AuthError("the mail server refuses our login", where=where, remedy="correct user and password") from error
    except (OSError, smtplib.SMTPException) as error:
        raise RetryLater(f"the mail server cannot be reached ({type(error).__name__})", where=where) from error
    try:
        yield server
    except (smtplib.SMTPException, OSError) as error:
        raise RetryLater(f"the mail server broke off before the mail ({type(error).__name__})", where=where) from error
    finally:
        server.close()


def _connect(settings: MailSettings) -> smtplib.SMTP:
    with ExitStack() as undo:
        server = _open(settings)
        undo.callback(server.close)
        server.ehlo()
        if settings.security == "starttls":
            server.starttls(context=create_default_context())
            server.ehlo()
        if settings.user and settings.password:
            server.login(settings.user, settings.password.get_secret_value())
        undo.pop_all()
    return server


def _open(settings: MailSettings) -> smtplib.SMTP:
    host, port, name, seconds = settings.host, settings.port, settings.domain, settings.seconds
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=seconds, context=create_default_context())
    return smtplib.SMTP(host, port, local_hostname=name, timeout=seconds)


def _refusal(code: int, said: bytes | str) -> Outcome | None:
    """What the server's answer means if it is no yes; its words may hold the address, so only the first are kept."""
    if code in (ACCEPTED, WILL_FORWARD):
        return None
    words = (said.decode("utf-8", "replace") if isinstance(said, bytes) else said).split("\n")[0][:120]
    return Outcome("retry" if code in NOT_NOW else "rejected", code=str(code), message=words)
