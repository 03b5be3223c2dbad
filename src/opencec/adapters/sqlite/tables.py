"""Tables of `opencec.db`. A change here needs a migration beside it; a test compares the two.

Columns carry the names of the structs' fields in `opencec.ports`; what ends in `_sealed` is encrypted at rest.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

__all__ = [
    "accounts",
    "agent_contacts",
    "agent_groups",
    "agent_passwords",
    "agent_skills",
    "agents",
    "app_keys",
    "audit",
    "cdrs",
    "channel_cursors",
    "channel_mail",
    "channels",
    "chat_messages",
    "chat_ratings",
    "connection_bars",
    "contact_notes",
    "contact_scores",
    "flows",
    "leg_quality",
    "media_files",
    "media_shares",
    "metadata",
    "phrases",
    "projections",
    "queues",
    "recordings",
    "routes",
    "sip_accounts",
    "tenants",
    "trunks",
    "workbenches",
]

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


def _tenant() -> Column[int]:
    return Column("vdn", Integer, ForeignKey("tenants.vdn", ondelete="CASCADE"), primary_key=True)


def _owner() -> Column[int]:
    """The tenant of a row whose key is unique in the installation."""
    return Column("vdn", Integer, ForeignKey("tenants.vdn", ondelete="CASCADE"), nullable=False, index=True)


tenants = Table(
    "tenants",
    metadata,
    Column("vdn", Integer, primary_key=True),
    _number("ccid"),
    _text("name"),
    _text("language"),
    _text("time_zone"),
    _flag("is_active"),
    _number("max_calls"),
    _number("max_calls_per_s"),
    _flag("is_demo"),
    _number("revision"),
    Column("space_id", Text, nullable=False, server_default=""),
    Column("outbound_hosts", JSON, nullable=False, server_default="[]"),
    Column("password_days", Integer, nullable=False, server_default="0"),
    Column("shows_sip_secrets", Boolean, nullable=False, server_default="0"),
    Column("ics_networks", JSON, nullable=False, server_default="[]"),
    Column("ics_needs_code", Boolean, nullable=False, server_default="1"),
)

Index("one_tenant_a_space", tenants.c.space_id, unique=True, sqlite_where=text("space_id != ''"))

connection_bars = Table(
    "connection_bars",
    metadata,
    _tenant(),
    _text("validate_url"),
    _text("certificate"),
    _json("page_origins"),
    _flag("is_enabled"),
)

agents = Table(
    "agents",
    metadata,
    _tenant(),
    Column("workno", Text, primary_key=True),
    _text("name"),
    _text("type"),
    _json("roles"),
    _text("phone"),
    _text("password_hash"),
    _text("account"),
    _text("group"),
    Column("rights", JSON, nullable=False, server_default='["call_out", "pick_up"]'),
    Column("wrap_up_s", Integer),
    _number("text_capacity"),
    Column("text_events", Text, nullable=False, server_default="message"),
    _flag("is_enabled"),
)

agent_groups = Table(
    "agent_groups",
    metadata,
    _tenant(),
    Column("name", Text, primary_key=True),
    _number("group"),
    _text("leader"),
)

agent_passwords = Table(
    "agent_passwords",
    metadata,
    _tenant(),
    Column("workno", Text, primary_key=True),
    _number("changed_at"),
    _flag("must_change"),
    _json("history"),
)

queues = Table(
    "queues",
    metadata,
    _tenant(),
    Column("queue", Integer, primary_key=True),
    _text("name"),
    _text("media"),
    _number("wrap_up_s"),
    _number("max_wait_s"),
    _number("max_waiting"),
    _number("ring_s"),
    _number("answer_within_s"),
    _json("on_no_agent"),
    _json("on_busy"),
    _json("on_timeout"),
    _text("wait_music"),
    _flag("announces_position"),
    _number("position_every_s"),
    _flag("announces_agent"),
    Column("chat_limit", Integer, nullable=False, server_default="0"),
    Column("agent_silence_s", Integer, nullable=False, server_default="0"),
    Column("on_agent_silence", Text, nullable=False, server_default="remind"),
    Column("has_chats_beside_call", Boolean, nullable=False, server_default="1"),
)

agent_skills = Table(
    "agent_skills",
    metadata,
    _tenant(),
    Column("workno", Text, primary_key=True),
    Column("queue", Integer, primary_key=True),
    _number("level"),
)

sip_accounts = Table(
    "sip_accounts",
    metadata,
    _owner(),
    Column("user", Text, primary_key=True),
    _text("secret_sealed"),
    _text("workno"),
    _flag("is_enabled"),
)

routes = Table(
    "routes",
    metadata,
    _owner(),
    Column("dialled", Text, primary_key=True),
    _text("code"),
    _text("extension"),
    _text("device"),
    _text("target"),
    _text("media"),
    _flag("is_default"),
)

flows = Table(
    "flows",
    metadata,
    _tenant(),
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    _text("name"),
    Column("definition", LargeBinary, nullable=False),
    _flag("is_published"),
)

trunks = Table(
    "trunks",
    metadata,
    _tenant(),
    Column("name", Text, primary_key=True),
    _text("direction"),
    _json("hosts"),
    _json("codes"),
    _text("destination"),
    _text("user"),
    _text("password_sealed"),
    _flag("registers"),
    _text("caller_number"),
    _number("max_calls"),
    _flag("is_enabled"),
)

workbenches = Table(
    "workbenches",
    metadata,
    _tenant(),
    _json("rest_reasons"),
    _json("busy_reasons"),
    _json("call_reasons"),
    _json("screen_pops"),
)

channels = Table(
    "channels",
    metadata,
    _owner(),
    Column("channel", Text, primary_key=True),
    _text("type"),
    _text("name"),
    _number("queue"),
    _text("start"),
    _json("human_keywords"),
    _number("no_reply_s"),
    _text("closing_text"),
    _text("welcome_text"),
    _text("queue_text"),
    _number("queue_text_every_s"),
    _text("busy_text"),
    _text("off_hours_text"),
    _text("timeout_text"),
    _number("session_s"),
    _flag("is_async"),
    _text("survey"),
    _json("survey_questions"),
    Column("working_time", JSON),
    _number("familiar_days"),
    _text("secret_sealed"),
    _text("access_key"),
    _text("validate_url"),
    _text("certificate"),
    _json("page_origins"),
    _text("call_route"),
    _text("call_video_route"),
    _text("parameters_sealed"),
    _flag("is_enabled"),
)

app_keys = Table(
    "app_keys",
    metadata,
    _owner(),
    Column("ak", Text, primary_key=True),
    _text("sk_sealed"),
    _text("purpose"),
    _flag("is_enabled"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True),
    _text("role"),
    _number("vdn"),
    _text("password_hash"),
    _flag("is_enabled"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _number("at_ms"),
    Column("vdn", Integer, nullable=False, index=True),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("detail"),
)

projections = Table(
    "projections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("vdn", Integer, primary_key=True),
    _number("journal_offset"),
)

cdrs = Table(
    "cdrs",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("callid", Text, primary_key=True),
    _text("caller"),
    _text("called"),
    _number("begin"),
    Column("answer", Integer),
    _number("end"),
    Column("queue", Integer),
    _text("agent"),
    _text("disposition"),
    _text("recording"),
    _number("wait_ms"),
    _number("talk_ms"),
    _number("hold_ms"),
    _number("leave_reason"),
    _text("direction"),
    _text("media"),
    _json("segments"),
    Index("cdrs_by_begin", "vdn", "begin", "callid"),
    Index("cdrs_by_agent", "vdn", "agent", "begin"),
    Index("cdrs_by_caller", "vdn", "caller", "begin"),
)

leg_quality = Table(
    "leg_quality",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("callid", Text, primary_key=True),
    Column("leg", Text, primary_key=True),
    _text("role"),
    _number("packets"),
    _number("lost"),
    Column("jitter_ms", Float, nullable=False),
    Column("mos", Float),
    Column("video_packets", Integer, nullable=False, server_default="0"),
    Column("video_lost", Integer, nullable=False, server_default="0"),
    Column("video_jitter_ms", Float, nullable=False, server_default="0"),
    Column("video_frames", Integer, nullable=False, server_default="0"),
    Column("video_key_frames", Integer, nullable=False, server_default="0"),
    Column("video_kbps", Float, nullable=False, server_default="0"),
)

agent_contacts = Table(
    "agent_contacts",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("begin", Integer, primary_key=True),
    Column("callid", Text, primary_key=True),
    Column("answer", Integer),
    _number("end"),
    _text("outcome"),
    _text("number"),
    _text("direction"),
    Column("queue", Integer),
)

contact_scores = Table(
    "contact_scores",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("callid", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("inspector", Text, primary_key=True),
    Column("at", Integer, primary_key=True),
    _number("begin"),
    _number("score"),
    _text("comment"),
    Index("contact_scores_by_agent", "vdn", "agent", "begin"),
    Index("contact_scores_by_begin", "vdn", "begin"),
)

contact_notes = Table(
    "contact_notes",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("callid", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    _number("at"),
    _text("note"),
    _json("reasons"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("recording", Text, primary_key=True),
    _text("callid"),
    _text("path"),
    _number("begin"),
    _text("state"),
    _number("duration_ms"),
    _number("bytes"),
    _text("agent"),
    Index("recordings_by_callid", "vdn", "callid"),
    Index("recordings_by_begin", "vdn", "begin"),
    Index("recordings_open", "vdn", "recording", sqlite_where=text("state = 'recording'")),
)

media_files = Table(
    "media_files",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("kind"),
    _text("type"),
    _text("suffix"),
    _number("size"),
    _text("sha256"),
    _text("owner"),
    _number("at"),
    _text("state"),
    _text("thumbnail"),
    _number("width"),
    _number("height"),
    Index("media_files_by_time", "vdn", "state", "at"),
)

media_shares = Table(
    "media_shares",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("contact"),
    _text("message"),
    _number("at"),
    _text("source"),
    _text("agent"),
    _text("sender_name"),
    _text("media"),
    _text("content"),
    _text("file"),
    _text("file_name"),
    Column("file_type", Text, nullable=False, server_default=""),
    Column("file_size", Integer, nullable=False, server_default="0"),
    Column("has_thumbnail", Boolean, nullable=False, server_default="0"),
    _text("reply_to"),
    _text("channel"),
    _text("customer"),
    _text("key"),
    _number("sent_at"),
    Index("chat_messages_by_contact", "vdn", "contact", "number"),
    Index("chat_messages_by_customer", "vdn", "customer", "number"),
)

chat_ratings = Table(
    "chat_ratings",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("contact", Text, primary_key=True),
    _number("at"),
    _number("score"),
    _text("comment"),
    Column("nps", Integer),
    Column("fcr", Boolean),
)

phrases = Table(
    "phrases",
    metadata,
    Column("vdn", Integer, ForeignKey("tenants.vdn", ondelete="CASCADE"), primary_key=True),
    Column("workno", Text, primary_key=True),
    Column("phrase", Text, primary_key=True),
    _text("title"),
    _text("text"),
)

channel_mail = Table(
    "channel_mail",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("platform_id", Text, primary_key=True),
    _text("direction"),
    _text("customer"),
    _text("contact"),
    _text("message"),
    _text("subject"),
    _text("html"),
    _text("quoted"),
    _json("in_reply_to"),
    _text("problem"),
    _number("at"),
    Index("channel_mail_by_contact", "vdn", "channel", "contact", "at"),
)

channel_cursors = Table(
    "channel_cursors",
    metadata,
    Column("vdn", Integer, primary_key=True),
    Column("channel", Text, primary_key=True),
    _text("cursor"),
)
