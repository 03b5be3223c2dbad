"""The legs of one tenant as signalling knows them: journaled with their dialogs, so that a restart carries them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from opencec.sip.registrar import Binding
from opencec.sip.sdp_negotiation import AudioDescription
from opencec.sip.sdp_video import VideoDescription, VideoFormat
from opencec.sip.snapshot import DialogSnapshot
from opencec.workers.protocol import LegOpened, Quality

__all__ = [
    "Arrival",
    "BindingGone",
    "BindingSaved",
    "DialogSaved",
    "LegForgotten",
    "LegOver",
    "LegRecord",
    "LegVideoRecord",
    "SignallingFacts",
]


class Arrival(msgspec.Struct, frozen=True):
    """A call that was let in and that the core is to be told of."""

    caller: str
    called: str
    source: str
    data: str = ""
    """Call data."""


class LegOver(msgspec.Struct, frozen=True):
    """How a leg's dialog ended, to be told to the core."""

    cause: str
    has_failed: bool = False
    """It never was answered."""
    status: int = 0
    """The SIP status that refused it."""


class LegVideoRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The video side of a leg."""

    opened: LegOpened
    formats: tuple[VideoFormat, ...]
    """One once the peer has answered or offered; as described by the peer."""
    remote: VideoDescription | None = None


class LegRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One leg: what its device is, what we negotiated, and where its media is."""

    leg: str
    contact: str
    tenant: int
    is_inbound: bool
    kind: Literal["rtp", "webrtc"]
    local_host: str
    """Our address in its session descriptions."""
    signalling_host: str = ""
    account: str = ""
    """SIP account of the device; empty for trunks."""
    instance: str = ""
    """`+sip.instance` of the device."""
    registration: str = ""
    """Call-ID of the device's registration when the leg began: another one means that the page was reloaded."""
    opened: LegOpened | None = None
    remote: AudioDescription | None = None
    offer: bytes = b""
    """The peer's offer until we have answered it."""
    media_revision: int = 0
    is_answered: bool = False
    is_over: bool = False
    """We ended it; it waits for its dialog to be gone."""
    arrival: Arrival | None = None
    """Inbound: what the core is told once there is media."""
    role: Literal["customer", "agent", "external"] = "customer"
    """As the core has it."""
    over: LegOver | None = None
    """The peer ended it; the core may not know yet."""
    trunk: str = ""
    """The trunk it was dialled through."""
    near: str = ""
    """A leg of another contact that it will be joined with: at the same worker."""
    video: LegVideoRecord | None = None
    video_revision: int = 0
    """Grows with every command about its video."""
    video_quality: Quality | None = None
    """Of the times with pictures that are over."""


class LegSaved(msgspec.Struct, frozen=True, tag="leg"):
    record: LegRecord


class LegForgotten(msgspec.Struct, frozen=True, tag="forgotten"):
    leg: str


class DialogSaved(msgspec.Struct, frozen=True, tag="dialog"):
    dialog: DialogSnapshot


class BindingSaved(msgspec.Struct, frozen=True, tag="binding"):
    binding: Binding


class BindingGone(msgspec.Struct, frozen=True, tag="unbound"):
    aor: str
    contact: str


Fact = LegSaved | LegForgotten | DialogSaved | BindingSaved | BindingGone

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Fact] = msgspec.msgpack.Decoder(Fact)


class _Saved(msgspec.Struct, frozen=True):
    legs: tuple[LegRecord, ...]
    dialogs: tuple[DialogSnapshot, ...]
    bindings: tuple[Binding, ...]


class SignallingFacts:
    """Participant of one tenant's journal: legs, dialogs and registrations."""

    name = "signalling"

    def __init__(self, tenant: int, *, record: Callable[[str, bytes], None]) -> None:
        """Args:
        record: Journals a fact in order, without waiting.
        """
        self.tenant = tenant
        self._record = record
        self.legs: dict[str, LegRecord] = {}
        self.dialogs: dict[str, DialogSnapshot] = {}
        self.bindings: dict[tuple[str, str], Binding] = {}

    def save_leg(self, record: LegRecord) -> None:
        """Journal a leg as it is now."""
        self._keep(LegSaved(record))

    def save_dialog(self, dialog: DialogSnapshot) -> None:
        """Journal a leg's dialog as it is now."""
        self._keep(DialogSaved(dialog))

    def forget(self, leg: str) -> None:
        """The leg and its dialog are gone for good."""
        if leg in self.legs or leg in self.dialogs:
            self._keep(LegForgotten(leg))

    def save_binding(self, binding: Binding) -> None:
        """Journal a registration."""
        self._keep(BindingSaved(binding))

    def drop_binding(self, binding: Binding) -> None:
        """A registration ended."""
        if (binding.aor, binding.contact) in self.bindings:
            self._keep(BindingGone(binding.aor, binding.contact))

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._apply(_decoder.decode(body))

    def snapshot(self) -> bytes:
        """Everything, as `restore` takes it."""
        saved = _Saved(tuple(self.legs.values()), tuple(self.dialogs.values()), tuple(self.bindings.values()))
        return _encoder.encode(saved)

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        saved = msgspec.msgpack.decode(blob, type=_Saved)
        self.legs = {record.leg: record for record in saved.legs}
        self.dialogs = {dialog.leg: dialog for dialog in saved.dialogs}
        self.bindings = {(binding.aor, binding.contact): binding for binding in saved.bindings}

    def _keep(self, fact: Fact) -> None:
        self._apply(fact)
        self._record(self.name, _encoder.encode(fact))

    def _apply(self, fact: Fact) -> None:
        match fact:
            case LegSaved():
                self.legs[fact.record.leg] = fact.record
            case LegForgotten():
                self.legs.pop(fact.leg, None)
                self.dialogs.pop(fact.leg, None)
            case DialogSaved():
                self.dialogs[fact.dialog.leg] = fact.dialog
            case BindingSaved():
                self.bindings[fact.binding.aor, fact.binding.contact] = fact.binding
            case BindingGone():
                self.bindings.pop((fact.aor, fact.contact), None)
