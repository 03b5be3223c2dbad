"""The types of channels that this node can run: each is one package of `adapters/channels`, and one line here."""

from __future__ import annotations

from opencec.adapters.channels.email import EmailChannel, email_settings
from opencec.ports.channel_configuration import ChannelType
from opencec.services.channels.service import AdapterKind

__all__ = ["ADAPTERS"]

ADAPTERS: dict[ChannelType, AdapterKind] = {
    "EMAIL": AdapterKind(EmailChannel.capabilities, lambda channel: EmailChannel(email_settings(channel.parameters))),
}
