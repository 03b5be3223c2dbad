"""The SIP user agent without I/O: messages and deadlines in, events and bytes out.

One instance serves all legs of a process. Nothing here waits: the caller feeds `receive`, `tick` and `flow_closed`,
sends what `take_outgoing` gives, and handles `take_events`. Operations on a leg return False when the leg is gone or
in a state that does not allow them; such races (the peer hung up meanwhile) are ordinary, and the events tell.
Operations are idempotent: repeated after a crash they cause a retransmission or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opencec.sip.flow import Flow, Target
from opencec.sip.leg_events import Event
from opencec.sip.message import Request, Response
from opencec.sip.snapshot import DialogSnapshot
from opencec.sip.source_guard import SourceGuard
from opencec.sip.user_agent_settings import Credentials, Identity, LocalAddress, Tokens, UserAgentSettings

__all__ = ["UserAgent"]

HeaderList = Sequence[tuple[str, str]]


class UserAgent:
    """See the module. `now` is milliseconds and never goes back."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        local_address: LocalAddress,
        settings: UserAgentSettings | None = None,
        guard: SourceGuard | None = None,
        leg_key: Callable[[Request], str] | None = None,
    ) -> None:
        """Args:
        tokens: Source of unguessable tokens.
        local_address: Our address as the given target sees it.
        settings: Limits and habits.
        guard: Drops new requests of locked-out sources before any work is done for them.
        leg_key: Names a new inbound leg; by default a hash of Call-ID and From tag.
        """

    # --- the wire

    def receive(self, message: Request | Response, flow: Flow, now: int) -> None:
        """Take one parsed message that came over `flow`."""

    def tick(self, now: int) -> None:
        """Fire every timer due at `now`."""

    def next_deadline(self) -> int | None:
        """When `tick` is due next, in milliseconds; None when nothing is pending."""

    def flow_closed(self, connection_id: str, now: int) -> None:
        """A connection is gone: its legs wait for `retarget`, its other requests fail."""

    def undeliverable(self, data: bytes, now: int) -> None:
        """`data`, taken from `take_outgoing`, could not be sent (RFC 3261 17.1.4, 8.1.3.1)."""

    def take_events(self) -> list[Event]:
        """Events since the last call, oldest first."""

    def take_outgoing(self) -> list[tuple[bytes, Target]]:
        """Messages to send since the last call, in order."""

    # --- inbound legs

    def provisional(
        self,
        leg: str,
        status: int,
        *,
        now: int,
        sdp: bytes | None = None,
        reliable: bool = False,
        headers: HeaderList = (),
    ) -> bool:
        """Send 180 or 183, reliably when the peer requires it, or when asked and it supports it (RFC 3262)."""

    def accept(self, leg: str, *, now: int, sdp: bytes | None, headers: HeaderList = ()) -> bool:
        """Answer with 200; it is repeated until ACK. `Confirmed` or `AckTimeout` follows."""

    def reject(self, leg: str, status: int, *, now: int, reason: str | None = None, headers: HeaderList = ()) -> bool:
        """Refuse with 300-699. The leg is gone at once."""

    # --- outbound legs

    def invite(
        self,
        leg: str,
        *,
        target_uri: str,
        destination: Target,
        local: Identity,
        effect_id: str,
        now: int,
        sdp: bytes | None = None,
        to: Identity | None = None,
        headers: HeaderList = (),
        route_set: Sequence[str] = (),
        credentials: Credentials | None = None,
        contact_user: str = "",
    ) -> bool:
        """Call `target_uri`. Call-ID, tag and branches derive from `effect_id`: repeating it retransmits.

        Args:
            leg: Key for the new leg.
            target_uri: Request-URI.
            destination: A registered peer's flow, or host, port and transport.
            local: From.
            effect_id: Effect that asks for it.
            now: Milliseconds.
            sdp: Offer; None asks the peer for one (`Answered.needs_ack`).
            to: To, when it is not `target_uri`.
            headers: Further header lines (P-Asserted-Identity, Alert-Info, Replaces, X-...).
            route_set: Route values of an outbound proxy.
            credentials: For 401 and 407.
            contact_user: User part of our Contact.
        """

    def ack(self, leg: str, sdp: bytes | None, *, now: int) -> bool:
        """Send the ACK that waits for our answer, after an event with `needs_ack`."""

    def cancel(self, leg: str, *, now: int, reason: str | None = None) -> bool:
        """Give an outbound leg up; waits for a provisional first. `Failed` follows. `reason`: Reason header value."""

    # --- established legs

    def bye(self, leg: str, *, now: int, reason: str | None = None) -> bool:
        """End a leg in any state: BYE when established (`Ended` follows), else CANCEL or 480."""

    def reinvite(
        self, leg: str, sdp: bytes | None, *, now: int, headers: HeaderList = (), update: bool = False
    ) -> bool:
        """Renegotiate by INVITE (or UPDATE when asked and the peer allows it). Glare is retried by itself.

        One renegotiation runs at a time; the newest request waits for the one under way.
        """

    def accept_reinvite(self, leg: str, sdp: bytes | None, *, now: int) -> bool:
        """Answer `ReInviteReceived` with 200."""

    def reject_reinvite(self, leg: str, status: int, *, now: int) -> bool:
        """Answer `ReInviteReceived` with a refusal (488 and the like)."""

    def info(self, leg: str, content_type: str, body: bytes, *, now: int) -> bool:
        """Send INFO."""

    def refer(self, leg: str, refer_to: str, *, now: int, referred_by: str | None = None) -> bool:
        """Ask the peer to call `refer_to` (a Refer-To value). `ReferAnswered` and `ReferProgress` follow."""

    def accept_refer(self, leg: str, *, now: int) -> bool:
        """Answer `ReferReceived` with 202 and the first NOTIFY."""

    def reject_refer(self, leg: str, status: int, *, now: int) -> bool:
        """Answer `ReferReceived` with a refusal."""

    def notify_refer(self, leg: str, status: int, reason: str, *, now: int) -> bool:
        """Tell the transferor how the referred call goes; a final status ends the subscription."""

    def retarget(self, leg: str, flow: Flow, *, now: int) -> bool:
        """Let the leg follow a newer flow of its peer and send what waited for one."""

    # --- restart

    def snapshot(self, leg: str) -> DialogSnapshot | None:
        """What to journal of the leg; None when it is gone."""

    def restore(self, snapshot: DialogSnapshot, *, now: int) -> bool:
        """Carry a leg of an earlier process on. Raises LocalProtocolError when the snapshot cannot be read."""

    def legs(self) -> list[str]:
        """Keys of all legs alive."""

    # --- outside dialogs

    def reply(self, request_key: str, response: Response, *, now: int) -> bool:
        """Answer `RegisterReceived`."""

    def options(self, key: str, destination: Target, *, now: int, target_uri: str | None = None) -> None:
        """Ping a trunk. `OptionsAnswered` follows."""

    def register(
        self,
        key: str,
        *,
        registrar_uri: str,
        destination: Target,
        aor: str,
        now: int,
        contact_user: str = "",
        credentials: Credentials | None = None,
        expires_s: int = 3600,
    ) -> None:
        """Register at a trunk and keep registered. `RegistrationChanged` follows, also at every failure."""

    def unregister(self, key: str, *, now: int) -> bool:
        """Stop a registration and tell the registrar."""
