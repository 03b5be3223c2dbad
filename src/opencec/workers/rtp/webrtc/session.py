"""One WebRTC leg: ICE-lite, then DTLS, then SRTP. Implements `opencec.workers.rtp.transport.Transport`."""

from __future__ import annotations

import secrets
import socket as sockets
import string
import threading
import time

from opencec.workers.protocol import LegOpened
from opencec.workers.rtp.transport import RemoteDescription, TransportListener
from opencec.workers.rtp.webrtc.certificate import identity
from opencec.workers.rtp.webrtc.dtls import DtlsFailed, DtlsHandshake, is_dtls
from opencec.workers.rtp.webrtc.handshakes import HandshakeThread
from opencec.workers.rtp.webrtc.srtp import SrtpPair
from opencec.workers.rtp.webrtc.stun import binding_success, is_stun, parse_binding_request

__all__ = ["WebRtcTransport"]

_CONNECT_S = 20.0
"""From the remote description on; a browser that never checks is given up."""
_BATCH = 16
_DATAGRAM = 2048
_ALPHABET = string.ascii_letters + string.digits
_LEAVE_S = 0.05
"""Longest wait for the handshake thread when a leg is closed before it was connected."""

Address = tuple[str, int]


class WebRtcTransport:
    """See `Transport` for who calls what on which thread."""

    def __init__(
        self,
        *,
        socket: sockets.socket,
        leg: str,
        host: str,
        port: int,
        ssrc: int,
        description: RemoteDescription,
        listener: TransportListener,
        thread: HandshakeThread,
    ) -> None:
        self._socket = socket
        self._listener = listener
        self._thread = thread
        self._ufrag = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        self._pwd = "".join(secrets.choice(_ALPHABET) for _ in range(24))
        self._local = LegOpened(
            leg=leg,
            host=host,
            port=port,
            rtcp_port=port,
            ice_ufrag=self._ufrag,
            ice_pwd=self._pwd,
            fingerprint=identity().fingerprint,
            ssrc=ssrc,
        )
        self._remote = description
        self._checked: Address | None = None
        """Where the peer's newest proven check came from; a nominating one wins for good."""
        self._is_nominated = False
        self._dtls: DtlsHandshake | None = None
        self._srtp: SrtpPair | None = None
        self._is_connected = False
        self._is_closed = False
        self._give_up_at: float | None = None

    # --- the engine's side --------------------------------------------------------------------------------------------

    @property
    def local(self) -> LegOpened:
        """Our half of the SDP."""
        return self._local

    @property
    def socket(self) -> sockets.socket:
        """The UDP socket."""
        return self._socket

    def start(self) -> None:
        """Begin on the handshake thread."""
        self._thread.call(self._begin)

    def update(self, description: RemoteDescription) -> None:
        """The answer to our offer came. A changed fragment in a running leg (ICE restart) is not followed: the leg
        keeps its path, and a device on a new network comes back as a new leg."""
        self._thread.call(lambda: self._describe(description))

    def released(self) -> None:
        """Never needed: this transport does not take its socket back."""

    def protect_rtp(self, packet: bytes | memoryview) -> bytes:
        """SRTP of one RTP packet."""
        assert self._srtp is not None
        return self._srtp.protect_rtp(packet)

    def unprotect_rtp(self, packet: bytes | memoryview) -> bytes | None:
        """The RTP packet, or None."""
        assert self._srtp is not None
        return self._srtp.unprotect_rtp(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of one compound packet."""
        assert self._srtp is not None
        return self._srtp.protect_rtcp(packet)

    def unprotect_rtcp(self, packet: bytes | memoryview) -> bytes | None:
        """The compound RTCP packet, or None."""
        assert self._srtp is not None
        return self._srtp.unprotect_rtcp(packet)

    def handle_other(self, data: bytes, address: Address) -> None:
        """Consent checks (RFC 7675) are answered, late DTLS flights too; everything else is dropped."""
        if is_stun(data):
            request = parse_binding_request(data, password=self._pwd)
            if request is not None and self._is_for_us(request.username):
                self._send(binding_success(request.transaction, address, password=self._pwd), None)
        elif is_dtls(data) and self._dtls is not None:
            self._dtls.feed(data)
            for flight in self._dtls.outgoing():
                self._send(flight, None)

    def close(self) -> None:
        """Say good-bye and end; the engine closes the socket after this."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_connected and self._dtls is not None:
            for flight in self._dtls.close():
                self._send(flight, None)
        else:
            self._leave_thread()

    def _leave_thread(self) -> None:
        """The engine closes the descriptor next: it must be out of the selector before that."""
        gone = threading.Event()

        def leave() -> None:
            self._thread.remove(self)
            gone.set()

        self._thread.call(leave)
        gone.wait(_LEAVE_S)

    # --- the handshake thread's side ----------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def deadline(self) -> float | None:
        """DTLS retransmission or the end of patience."""
        due = self._give_up_at
        wait_s = self._dtls.timeout_s() if self._dtls is not None else None
        if wait_s is not None:
            at = time.monotonic() + wait_s
            due = at if due is None else min(due, at)
        return due

    def on_deadline(self) -> None:
        """Retransmit, or give up."""
        if self._give_up_at is not None and time.monotonic() >= self._give_up_at:
            self._fail("no connectivity check came" if self._checked is None else "the DTLS handshake did not end")
        elif self._dtls is not None:
            self._dtls.expire()
            self._flush()

    def on_readable(self) -> None:
        """Checks and flights."""
        for _ in range(_BATCH):
            try:
                data, address = self._socket.recvfrom(_DATAGRAM)
            except (BlockingIOError, ConnectionRefusedError):
                return
            except OSError as error:
                self._fail(f"socket: {error}")
                return
            self._take(data, (address[0], address[1]))
            if self._is_connected or self._is_closed:
                return

    def _begin(self) -> None:
        if self._is_closed:
            return
        self._thread.add(self)
        if self._remote.ice_ufrag:
            self._give_up_at = time.monotonic() + _CONNECT_S

    def _describe(self, description: RemoteDescription) -> None:
        if self._is_closed or self._is_connected:
            return
        self._remote = description
        self._give_up_at = self._give_up_at or time.monotonic() + _CONNECT_S
        self._progress()

    def _take(self, data: bytes, address: Address) -> None:
        if is_stun(data):
            self._check(data, address)
        elif is_dtls(data) and address == self._checked:
            try:
                self._handshake().feed(data)
            except DtlsFailed as error:
                self._flush()
                self._fail(str(error))
                return
            self._flush()
        self._progress()

    def _check(self, data: bytes, address: Address) -> None:
        request = parse_binding_request(data, password=self._pwd)
        if request is None or not self._is_for_us(request.username):
            return
        self._send(binding_success(request.transaction, address, password=self._pwd), address)
        if request.use_candidate:
            self._checked, self._is_nominated = address, True
        elif not self._is_nominated:
            self._checked = address

    def _is_for_us(self, username: str) -> bool:
        ours, _, theirs = username.partition(":")
        return ours == self._ufrag and (not self._remote.ice_ufrag or theirs == self._remote.ice_ufrag)

    def _handshake(self) -> DtlsHandshake:
        if self._dtls is None:
            self._dtls = DtlsHandshake(self._remote.dtls_role)
        return self._dtls

    def _progress(self) -> None:
        """An active side begins once it knows where to; both end when the keys exist and the fingerprint is known."""
        if self._is_connected or self._is_closed or self._checked is None or not self._remote.fingerprint:
            return
        if self._dtls is None and self._remote.dtls_role == "active":
            self._handshake().begin()
            self._flush()
        if self._dtls is not None and self._dtls.is_done:
            self._connect()

    def _connect(self) -> None:
        assert self._dtls is not None
        assert self._checked is not None
        try:
            self._srtp = SrtpPair(self._dtls.keys(self._remote.fingerprint))
            self._socket.connect(self._checked)
        except (DtlsFailed, OSError) as error:
            self._fail(str(error))
            return
        self._thread.remove(self)
        self._is_connected = True
        self._give_up_at = None
        self._listener("connected", "")

    def _flush(self) -> None:
        if self._dtls is None:
            return
        for flight in self._dtls.outgoing():
            self._send(flight, self._checked)

    def _send(self, data: bytes, address: Address | None) -> None:
        try:
            if address is None:
                self._socket.send(data)
            else:
                self._socket.sendto(data, address)
        except OSError:
            return  # a full buffer or an unreachable peer: the other side repeats what it misses

    def _fail(self, reason: str) -> None:
        self._thread.remove(self)
        if not self._is_closed:
            self._is_closed = True
            self._listener("failed", reason)
