"""Sends a mail over SMTP, one connection a mail, and tells failures that may pass from those that will not.

SMTP has no way to ask whether a mail was taken: when the connection breaks after the last line of DATA, the mail is
sent again with the same Message-ID, by which mailboxes and readers know a copy.
"""

from __future__ import annotations

import contextlib

from opencec.adapters.channels.email.gateways import Gateway
from opencec.ports.channels import ChannelBroken, SendFailed

__all__ = ["SmtpSender"]

_TIMEOUT_S = 60
_SIGN_IN_S = 15
"""Some servers answer a wrong password with silence."""


class SmtpSender:
    """One sending gateway.

    Args:
        gateway: Where it is.
        sender: Our address, the envelope's too: reports about failures come to the mailbox we read.
    """

    def __init__(self, gateway: Gateway, *, sender: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._gateway = gateway
        self._sender = sender
        self._timeout_s = timeout_s

    async def send(self, mail: bytes, recipients: list[str], *, message: str) -> None:
        """Hand over a mail.

        Args:
            mail: The mail.
            recipients: Of the envelope.
            message: Our id, named in delivery reports (RFC 3461 4.4).

        Raises:
            SendFailed: the server has not taken it for all recipients.
        """
        import aiosmtplib

        client = await self._connect()
        try:
            has_dsn = client.supports_extension("dsn")
            refused, _ = await client.sendmail(
                self._sender,
                recipients,
                mail,
                mail_options=[f"ENVID={message}", "RET=HDRS"] if has_dsn else None,
                rcpt_options=["NOTIFY=FAILURE,DELAY"] if has_dsn else None,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise SendFailed(str(error.recipients[0])[:300], is_final=all(code >= 500 for code in codes)) from error
        except aiosmtplib.SMTPResponseException as error:
            is_final = 500 <= error.code < 600 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
            raise SendFailed(f"{error.code} {error.message}"[:300], is_final=is_final) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendFailed(repr(error)[:300]) from error
        finally:
            with contextlib.suppress(Exception):
                await client.quit()
            client.close()
        if refused:
            who = ", ".join(refused)
            raise SendFailed(f"refused for {who}"[:300], is_final=True)

    async def check(self) -> str:
        """Connect and sign in; returns what the server said.

        Raises:
            ChannelBroken: why it does not work.
        """
        try:
            client = await self._connect()
        except SendFailed as error:
            raise ChannelBroken(f"{self._gateway}: {error.reason}") from error
        with contextlib.suppress(Exception):
            await client.quit()
        client.close()
        return "signed in" if self._gateway.user else "connected"

    async def _connect(self) -> "aiosmtplib.SMTP":  # type: ignore[name-defined]  # noqa: F821, UP037
        import aiosmtplib

        gateway = self._gateway
        client = aiosmtplib.SMTP(
            hostname=gateway.host,
            port=gateway.port,
            use_tls=gateway.encryption == "tls",
            start_tls=gateway.encryption == "starttls",
            tls_context=gateway.tls() if gateway.encryption != "none" else None,
            timeout=self._timeout_s,
        )
        try:
            await client.connect()
            if gateway.user:
                await client.login(gateway.user, gateway.password, timeout=_SIGN_IN_S)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise SendFailed(f"{gateway}: {error!r}"[:300]) from error
        return client
