"""Settings: environment `OPENCEC_*` over `opencec.toml` over defaults, checked at start.

A wrong value is refused with its name and what to enter. Every field says in its description what it is for, and in
`examples` what to enter; the reference page (`docs/reference/settings.md`) is generated from them.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

__all__ = [
    "CONFIG_FILE",
    "NO_FILE",
    "PREFIX",
    "RtpPorts",
    "Settings",
    "SettingsError",
    "is_loopback",
    "load_settings",
    "settings_or_exit",
]

PREFIX = "OPENCEC_"
CONFIG_FILE = "opencec.toml"
_CONFIG_VARIABLE = "OPENCEC_CONFIG"
NO_FILE = "none"
"""Value of `OPENCEC_CONFIG` that means: read no file, not even the one in the current folder."""
_PORTS_PER_WORKER = 64
"""Fewer than this and a worker carries no useful number of legs (two ports each without rtcp-mux)."""


class SettingsError(Exception):
    """Settings that cannot be used. The text has one line a problem: the setting, its value, what to enter."""

    code = "settings"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RtpPorts(NamedTuple):
    """First and last UDP port for media, both included."""

    first: int
    last: int

    def split(self, parts: int) -> list[RtpPorts]:
        """Equal ranges, each starting at an even port (RFC 3550 11: RTP on even ports)."""
        size = (self.last - self.first + 1) // parts // 2 * 2
        return [RtpPorts(self.first + i * size, self.first + (i + 1) * size - 1) for i in range(parts)]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def _rtp_ports(value: object) -> object:
    if not isinstance(value, RtpPorts):
        match = re.fullmatch(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", str(value))
        if match is None:
            raise ValueError("not two ports with a hyphen between")
        return RtpPorts(int(match[1]), int(match[2]))
    return value


def _words(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _default_workers() -> int:
    return max(1, min(4, len(os.sched_getaffinity(0))))


Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"),
        description="Folder of everything that must last: journal, records, recordings, keys.",
        examples=["/var/lib/opencec"],
    )
    http_host: str = Field(
        "127.0.0.1",
        description="Address that web pages and interfaces are served on. Anything but loopback also opens HTTPS.",
        examples=["0.0.0.0"],
    )
    http_port: Port = Field(8080, description="TCP port of HTTP and WebSocket.", examples=[8080])
    https_port: Port = Field(
        8443,
        description="TCP port of HTTPS and secure WebSocket; open when other machines are served.",
        examples=[8443],
    )
    tls_cert: Path | None = Field(
        None,
        description="PEM certificate chain for HTTPS and SIP over TLS. Unset: self-signed, made at the first start, "
        "when other machines are served.",
        examples=["/etc/opencec/fullchain.pem"],
    )
    tls_key: Path | None = Field(None, description="PEM key of the certificate.", examples=["/etc/opencec/key.pem"])
    sip_host: str = Field(
        "", description="Address that SIP is served on. Unset: the same as `http_host`.", examples=["0.0.0.0"]
    )
    sip_port: Port = Field(
        5060,
        description="UDP and TCP port of SIP; TLS is on the next port when there is a certificate.",
        examples=[5060],
    )
    public_ip: str = Field(
        "",
        description="Address that others reach this machine by, when a router translates it. Unset: chosen for each "
        "peer from this machine's addresses.",
        examples=["192.0.2.10"],
    )
    rtp_ports: Annotated[RtpPorts, NoDecode, BeforeValidator(_rtp_ports)] = Field(
        RtpPorts(16384, 32767),
        description="UDP ports of media, shared out among media workers and video relays.",
        examples=["16384-32767"],
    )
    media_workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default_factory=_default_workers,
        description="Media worker processes. Unset: one for each core, at most 4.",
        examples=[2],
    )
    relay_workers: Annotated[int, Field(ge=0, le=16)] = Field(
        1,
        description="Video relay processes, which take their share of rtp_ports. 0: no video, calls are voice calls.",
        examples=[1],
    )
    demo_password: str = Field(
        "",
        description="Password of every demo account and secret, 8-32 characters. Unset: random ones, printed and "
        "stored.",
        examples=["correct-horse"],
        repr=False,
    )
    demo_trunk: str = Field(
        "", description="SIP peer that takes the demo tenant's outbound calls.", examples=["sip:127.0.0.1:5090"]
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log lines that are written.", examples=["debug"]
    )
    journal_durable: Literal["process", "full"] = Field(
        "process",
        description="What acknowledged facts survive: `process` the death of any process, `full` also a loss of power "
        "(`opencec doctor` measures what that costs here).",
        examples=["full"],
    )
    recording_retention_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        0, description="Recordings older than this many days are removed. 0: none.", examples=[365]
    )
    media_retention_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        365,
        description="Files that customers and agents sent each other are removed after this many days. 0: never.",
        examples=[90],
    )
    media_bucket: str = Field(
        "",
        description="Bucket of a store that speaks S3, with a prefix after a slash, for those files. Unset: the folder "
        "`media` of the data folder.",
        examples=["opencec/media"],
    )
    media_endpoint: str = Field(
        "", description="Address of that store. Unset: AWS.", examples=["https://s3.example.com"]
    )
    media_region: str = Field("us-east-1", description="Region of that store.", examples=["eu-central-1"])
    media_key_id: str = Field(
        "", description="Access key of that store. Unset: what the machine's environment gives.", examples=["AKEXAMPLE"]
    )
    media_secret: str = Field("", description="Secret of the access key.", examples=["..."], repr=False)
    virus_scan: str = Field(
        "",
        description="A clamd that must find each of those files clean before it is kept: `host:port`, or the path of "
        "its socket. Unset: they are not scanned.",
        examples=["/run/clamav/clamd.ctl"],
    )

    callback_networks: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        description="Networks (CIDR, separated by commas) that events may be pushed to although they are private or "
        "without TLS. Public addresses over HTTPS are always allowed; in demo mode so is this machine. Requests that "
        "check tokens of a tenant's pages have the tenant's own list (`opencec connection-bar set --outbound-host`).",
        examples=["10.20.0.0/16,192.0.2.7/32"],
    )
    callback_ca_file: Path | None = Field(
        None,
        description="PEM certificates that receivers of pushed events may be signed by, beside the system's.",
        examples=["/etc/opencec/inner-ca.pem"],
    )
    gateway_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        description="Origins of web pages elsewhere that may call the CC-Gateway from the browser, separated by "
        "commas.",
        examples=["https://crm.example.com"],
    )
    gateway_guid_renew_s: Annotated[int, Field(ge=0, le=86_400)] = Field(
        0,
        description="AUTHMODE 2 of the CC-Gateway: a GUID is replaced after so many seconds, and the one before is "
        "good for 120 s more. 0: AUTHMODE 1, it stays until sign-out; many clients know only that.",
        examples=[600],
    )
    inspect_inspectors: bool = Field(
        False,
        description="Inspectors may listen to, and order, one another like agents.",
        examples=[True],
    )
    gateway_operations_per_s: Annotated[int, Field(ge=1, le=100_000)] = Field(
        500,
        description="Operations of the CC-Gateway that one tenant may ask for each second; twice as many at once "
        "after a rest. More are refused with 000-007. Polls and heartbeats do not count.",
        examples=[2000],
    )

    @field_validator("callback_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise ValueError(f"{network} is not a network") from None
        return value

    @field_validator("gateway_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[\w.\[\]:-]+", origin):
                raise ValueError(f"{origin} is not an origin")
        return value

    @field_validator("media_bucket")
    @classmethod
    def _bucket(cls, value: str) -> str:
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]+)?", value):
            raise ValueError("not a bucket's name with a prefix")
        return value

    @field_validator("media_endpoint")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[\w.\[\]:-]+/?", value):
            raise ValueError("not an address like https://host:port")
        return value

    @field_validator("virus_scan")
    @classmethod
    def _scanner(cls, value: str) -> str:
        if value and not re.fullmatch(r"/.+|(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}", value):
            raise ValueError("neither host:port nor the path of a socket")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("http_host", "sip_host", "public_ip")
    @classmethod
    def _address(cls, value: str, info: Any) -> str:
        if value == "localhost":
            return "127.0.0.1"
        if value:
            try:
                address = ipaddress.ip_address(value)
            except ValueError:
                raise ValueError("not an IP address") from None
            if info.field_name == "public_ip" and address.is_unspecified:
                raise ValueError("not an address that others can reach")
        return value

    @field_validator("demo_password")
    @classmethod
    def _password_length(cls, value: str) -> str:
        if value and not 8 <= len(value) <= 32:
            raise ValueError("not 8-32 characters long")
        if not value.isprintable() or any(c.isspace() for c in value):
            raise ValueError("has spaces or control characters")
        return value

    @field_validator("demo_trunk")
    @classmethod
    def _sip_uri(cls, value: str) -> str:
        if value and not re.fullmatch(r"sip:(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d{1,5})?(;transport=(udp|tcp))?", value):
            raise ValueError("not a SIP address")
        return value

    @field_validator("rtp_ports")
    @classmethod
    def _port_range(cls, value: RtpPorts) -> RtpPorts:
        if not 1024 <= value.first < value.last <= 65535:
            raise ValueError("not a range within 1024-65535")
        return RtpPorts(value.first + value.first % 2, value.last)

    @model_validator(mode="after")
    def _together(self) -> Settings:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key: set both or neither")
        if bool(self.media_key_id) != bool(self.media_secret):
            raise ValueError("media_key_id and media_secret: set both or neither")
        for name in ("tls_cert", "tls_key", "callback_ca_file"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name}: there is no file {path}")
        workers = self.media_workers + self.relay_workers
        if (self.rtp_ports.last - self.rtp_ports.first + 1) // workers < _PORTS_PER_WORKER:
            raise ValueError(f"rtp_ports: fewer than {_PORTS_PER_WORKER} ports for each of {workers} workers")
        return self

    @property
    def sip_bind_host(self) -> str:
        """Address that the SIP sockets bind to."""
        return self.sip_host or self.http_host

    @property
    def serves_other_machines(self) -> bool:
        """True when HTTP is not bound to loopback: HTTPS and a certificate are needed for microphones."""
        return not is_loopback(self.http_host)

    def environment(self) -> dict[str, str]:
        """Variables that make `load_settings` give these settings in a child process, whatever files there are."""
        shown = {name: getattr(self, name) for name in type(self).model_fields}
        given = {f"{PREFIX}{name.upper()}": _as_text(value) for name, value in shown.items()}
        return given | {_CONFIG_VARIABLE: NO_FILE}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line over environment over file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read_file())


def _as_text(value: object) -> str:
    if value is None:
        return ""
    is_list = isinstance(value, tuple) and not isinstance(value, RtpPorts)
    return ",".join(value) if is_list else str(value)  # type: ignore[arg-type]


def is_loopback(host: str) -> bool:
    """True when only this machine reaches the address."""
    return ipaddress.ip_address(host).is_loopback


def load_settings(**overrides: object) -> Settings:
    """Read and check all settings.

    Args:
        overrides: Values of the command line, by field name; None means not given.

    Raises:
        SettingsError: with every problem found.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError([_explain(problem) for problem in error.errors()]) from None
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})


def settings_or_exit() -> Settings:
    """`load_settings` for commands: problems end the program with a message."""
    try:
        return load_settings()
    except SettingsError as error:
        sys.exit(f"Settings that cannot be used:\n{error}")


def _read_file() -> dict[str, Any]:
    """`opencec.toml` as flat names: `[journal] durable` is `journal_durable`."""
    named = os.environ.get(_CONFIG_VARIABLE)
    if named == NO_FILE:
        return {}
    path = Path(named or CONFIG_FILE)
    if not path.is_file():
        if named:
            raise SettingsError(
                [f"{_CONFIG_VARIABLE} = {named!r}: there is no such file. Enter the path of a TOML file."]
            )
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError([f"{path}: cannot be read: {error}"]) from None
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update({f"{key}_{inner}": entry for inner, entry in value.items()})
        else:
            flat[key] = value
    return flat


def _explain(problem: Any) -> str:
    """One line: the setting, its value, what is wrong, what to enter."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    reason = str(problem["msg"]).removeprefix("Value error, ")
    if not name:
        return f"{reason}."
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        return f"{name}: there is no such setting." + (f" Did you mean {near[0]}?" if near else "")
    field = Settings.model_fields[name]
    shown = "***" if name in ("demo_password", "media_secret") else repr(problem["input"])
    example = field.examples[0] if field.examples else ""
    if str(problem["type"]).startswith(("int_parsing", "int_type", "int_from")):
        reason = "not a whole number"
    reason = reason[0].lower() + reason[1:]
    return f"{PREFIX}{name.upper()} = {shown}: {reason}. Enter: {field.description} For example {example}"
