"""The SIP user agent without I/O: messages and deadlines in, events and bytes out.

One instance serves all legs of a process. Nothing here waits: the caller feeds `receive`, `tick` and `flow_closed`,
sends what `take_outgoing` gives, and handles `take_events`. Operations on a leg return False when the leg is gone or
in a state that does not allow them; such races (the peer hung up meanwhile) are ordinary, and the events tell.
Operations are idempotent: repeated after a crash they cause a retransmission or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opencec.sip.derived_requests import derive
from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.hang_up import HangUp
from opencec.sip.invite_client import InviteClient
from opencec.sip.invite_server import InviteServer
from opencec.sip.leg import Offering, Phase
from opencec.sip.leg_events import Event
from opencec.sip.message import Request, Response
from opencec.sip.out_of_dialog import OutOfDialog
from opencec.sip.outbound_call import open_call
from opencec.sip.reception import Reception
from opencec.sip.referral import Referrals
from opencec.sip.registration_client import RegistrationClient
from opencec.sip.renegotiation import Renegotiation
from opencec.sip.restart import Restart
from opencec.sip.session_timer import SessionTimers
from opencec.sip.snapshot import DialogSnapshot
from opencec.sip.source_guard import SourceGuard
from opencec.sip.switchboard import Switchboard
from opencec.sip.user_agent_settings import Identity, LocalAddress, Login, Tokens, UserAgentSettings

__all__ = ["UserAgent", "inbound_leg_key"]

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
        """Make a user agent without legs.

        Args:
            tokens: Source of unguessable tokens.
            local_address: Our address as the given target sees it.
            settings: Limits and habits.
            guard: Drops new requests of locked-out sources before any work is done for them.
            leg_key: Names a new inbound leg; by default a hash of Call-ID and From tag.
        """
        board = Switchboard(tokens=tokens, local_address=local_address, settings=settings or UserAgentSettings())
        self._board = board
        self._hang_up = HangUp(board)
        self._session = SessionTimers(board, self._hang_up)
        self._server = InviteServer(board, self._hang_up, self._session, leg_key or inbound_leg_key)
        self._client = InviteClient(board, self._hang_up, self._session)
        self._offers = Renegotiation(board, self._hang_up, self._session)
        self._referrals = Referrals(board, self._hang_up)
        self._outside = OutOfDialog(board)
        self._registrations = RegistrationClient(board)
        self._restart = Restart(
            board, server=self._server, client=self._client, offers=self._offers, timers=self._session
        )
        self._reception = Reception(
            board,
            guard,
            hang_up=self._hang_up,
            server=self._server,
            client=self._client,
            offers=self._offers,
            referrals=self._referrals,
            outside=self._outside,
        )

    # --- the wire

    def receive(self, message: Request | Response, flow: Flow, now: int) -> None:
        """Take one parsed message that came over `flow`."""
        self._reception.receive(message, flow, now)

    def flow_opened(self, flow: Flow) -> None:
        """A connection is there; needed only when we are to send on it before anything came over it."""
        self._board.saw(flow)

    def flow_closed(self, connection_id: str, now: int) -> None:
        """A connection is gone: its legs wait for `retarget`, its other requests fail."""
        self._reception.flow_closed(connection_id, now)

    def destination_closed(self, destination: Destination, now: int) -> None:
        """A connection opened for `destination` is gone: its requests that had no response yet fail with 503."""
        self._reception.destination_closed(destination, now)

    def undeliverable(self, data: bytes, now: int) -> None:
        """`data`, taken from `take_outgoing`, could not be sent (RFC 3261 17.1.4, 8.1.3.1)."""
        self._board.transactions.undeliverable(data, now)

    def tick(self, now: int) -> None:
        """Fire every timer due at `now`."""
        self._board.timers.fire(now)

    def next_deadline(self) -> int | None:
        """When `tick` is due next, in milliseconds; None when nothing is pending."""
        return self._board.timers.next_deadline()

    def take_events(self) -> list[Event]:
        """Events since the last call, oldest first."""
        return self._board.take_events()

    def take_outgoing(self) -> list[tuple[bytes, Target]]:
        """Messages to send since the last call, in order."""
        return self._board.take_outgoing()

    def pending_transactions(self) -> int:
        """Transactions alive, lingering ones included."""
        return len(self._board.transactions)

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
        found = self._board.leg(leg)
        return found is not None and self._server.provisional(
            found, status, now, sdp=sdp, reliable=reliable, headers=headers
        )

    def accept(self, leg: str, *, now: int, sdp: bytes | None, headers: HeaderList = ()) -> bool:
        """Answer with 200; it is repeated until ACK. `Confirmed` or `AckTimeout` follows."""
        found = self._board.leg(leg)
        return found is not None and self._server.accept(found, now, sdp=sdp, headers=headers)

    def reject(self, leg: str, status: int, *, now: int, reason: str | None = None, headers: HeaderList = ()) -> bool:
        """Refuse with 300-699. The leg is gone at once."""
        found = self._board.leg(leg)
        return found is not None and self._server.reject(found, status, now, reason=reason, headers=headers)

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
        login: Login | None = None,
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
            login: For 401 and 407.
            contact_user: User part of our Contact.

        Returns:
            False when the key is taken by another leg.
        """
        known = self._board.leg(leg)
        if known is not None:
            return known.call is not None and known.call.effect_id == effect_id
        lines = list(headers)
        lines += self._session.request_lines(None)
        call = open_call(
            self._board,
            leg,
            target_uri=target_uri,
            destination=destination,
            local=local,
            effect_id=effect_id,
            sdp=sdp,
            to=to or Identity(target_uri),
            headers=lines,
            route_set=route_set,
            login=login,
            contact_user=contact_user,
        )
        self._client.start(call, now)
        return True

    def ack(self, leg: str, sdp: bytes | None, *, now: int) -> bool:
        """Send the ACK that waits for our answer, after an event with `needs_ack`."""
        found = self._board.leg(leg)
        return found is not None and (self._client.ack(found, sdp, now) or self._offers.ack(found, sdp, now))

    def cancel(self, leg: str, *, now: int, reason: str | None = None) -> bool:
        """Give an outbound leg up; waits for a provisional first. `Failed` follows. `reason`: Reason header value."""
        found = self._board.leg(leg)
        return found is not None and self._client.cancel(found, now, reason)

    # --- established legs

    def bye(self, leg: str, *, now: int, reason: str | None = None) -> bool:
        """End a leg in any state: BYE when established (`Ended` follows), else CANCEL or 480."""
        found = self._board.leg(leg)
        if found is None:
            return False
        if found.is_established:
            self._hang_up.bye(found, now, reason=reason)
            return True
        if found.is_inbound:
            return self._server.reject(found, 480, now, reason=None, headers=[("Reason", reason)] if reason else ())
        return self._client.cancel(found, now, reason)

    def reinvite(
        self, leg: str, sdp: bytes | None, *, now: int, headers: HeaderList = (), update: bool = False
    ) -> bool:
        """Renegotiate by INVITE (or UPDATE when asked and the peer allows it). Glare is retried by itself.

        One renegotiation runs at a time; the newest request waits for the one under way.
        """
        found = self._board.leg(leg)
        offering = Offering("UPDATE" if update else "INVITE", is_ours=True, sdp=sdp, headers=tuple(headers))
        return found is not None and self._offers.offer(found, offering, now)

    def accept_reinvite(self, leg: str, sdp: bytes | None, *, now: int) -> bool:
        """Answer `ReInviteReceived` with 200."""
        found = self._board.leg(leg)
        return found is not None and self._offers.accept(found, sdp, now)

    def reject_reinvite(self, leg: str, status: int, *, now: int) -> bool:
        """Answer `ReInviteReceived` with a refusal (488 and the like)."""
        found = self._board.leg(leg)
        return found is not None and self._offers.reject(found, status, now)

    def info(self, leg: str, content_type: str, body: bytes, *, now: int) -> bool:
        """Send INFO."""
        found = self._board.leg(leg, Phase.CONFIRMED)
        if found is None:
            return False
        self._reception.send_info(found, content_type, body, now)
        return True

    def refer(self, leg: str, refer_to: str, *, now: int, referred_by: str | None = None) -> bool:
        """Ask the peer to call `refer_to` (a Refer-To value). `ReferAnswered` and `ReferProgress` follow."""
        found = self._board.leg(leg)
        return found is not None and self._referrals.refer(found, refer_to, referred_by, now)

    def accept_refer(self, leg: str, *, now: int) -> bool:
        """Answer `ReferReceived` with 202 and the first NOTIFY."""
        found = self._board.leg(leg)
        return found is not None and self._referrals.accept(found, now)

    def reject_refer(self, leg: str, status: int, *, now: int) -> bool:
        """Answer `ReferReceived` with a refusal."""
        found = self._board.leg(leg)
        return found is not None and self._referrals.reject(found, status, now)

    def notify_refer(self, leg: str, status: int, reason: str, *, now: int) -> bool:
        """Tell the transferor how the referred call goes; a final status ends the subscription."""
        found = self._board.leg(leg)
        return found is not None and self._referrals.notify(found, status, reason, now)

    def retarget(self, leg: str, flow: Flow, *, now: int) -> bool:
        """Let the leg follow a newer flow of its peer and send what waited for one."""
        found = self._board.leg(leg)
        if found is None:
            return False
        self._reception.retarget(found, flow, now)
        return True

    # --- restart

    def snapshot(self, leg: str) -> DialogSnapshot | None:
        """What to journal of the leg; None when it is gone."""
        found = self._board.leg(leg)
        return self._restart.snapshot(found) if found is not None else None

    def local_sdp(self, leg: str) -> bytes | None:
        """The last session description we sent; None when there is none, or no such leg."""
        found = self._board.leg(leg)
        return found.local_sdp if found is not None else None

    def restore(self, snapshot: DialogSnapshot, *, now: int, login: Login | None = None) -> bool:
        """Carry a leg of an earlier process on; False when it is here already.

        An unanswered INVITE of ours is sent again, a 200 of ours is repeated until ACK, and the peer's unanswered
        INVITE can be answered. Legs on connections wait for `retarget`. `login`: not in snapshots, see `invite`.

        Raises:
            SnapshotError: The messages in the snapshot cannot be read.
        """
        return self._restart.restore(snapshot, now, login)

    def has(self, leg: str) -> bool:
        """Whether the leg is alive."""
        return self._board.leg(leg) is not None

    def is_live(self, target: Target) -> bool:
        """Whether something can be sent there now: a connection that is open, or a transport that needs none."""
        return self._board.is_live(target)

    def legs(self) -> list[str]:
        """Keys of all legs alive."""
        return list(self._board.legs)

    # --- outside dialogs

    def reply(self, request_key: str, response: Response, *, now: int) -> bool:
        """Answer `RegisterReceived`."""
        return self._outside.reply(request_key, response, now)

    def options(self, key: str, destination: Target, *, now: int, target_uri: str | None = None) -> None:
        """Ping a trunk. `OptionsAnswered` follows."""
        self._outside.ping(key, destination, target_uri, now)

    def register(
        self,
        key: str,
        *,
        registrar_uri: str,
        destination: Target,
        aor: str,
        now: int,
        contact_user: str = "",
        login: Login | None = None,
        expires_s: int = 3600,
    ) -> None:
        """Register at a trunk and keep registered. `RegistrationChanged` follows, also at every failure."""
        self._registrations.start(
            key,
            registrar_uri=registrar_uri,
            target=destination,
            aor=aor,
            contact_user=contact_user,
            login=login,
            expires_s=expires_s,
            now=now,
        )

    def unregister(self, key: str, *, now: int) -> bool:
        """Stop a registration and tell the registrar."""
        return self._registrations.stop(key, now)


def inbound_leg_key(request: Request) -> str:
    """Key of the leg an INVITE opens: depends on Call-ID and From tag alone, so it is the same after a crash."""
    return f"in-{derive('leg', request.call_id, request.from_.tag or '')}"
