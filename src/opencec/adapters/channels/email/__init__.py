"""E-mail as a channel: IMAP or POP3 in, SMTP out."""

from opencec.adapters.channels.email.adapter import EmailChannel
from opencec.adapters.channels.email.gateways import EmailSettings, email_settings

__all__ = ["EmailChannel", "EmailSettings", "email_settings"]
