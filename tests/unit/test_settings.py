"""Settings: where they come from, what is refused and how the message helps, and that the pages are current."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opencec.app.serve import build_plan
from opencec.app.settings import RtpPorts, Settings, SettingsError, load_settings
from opencec.app.settings_reference import EXAMPLE, PAGE, example_file, reference_page
from opencec.app.supervisor_plan import Plan

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings but those of the test; returns the current folder."""
    for name in list(os.environ):
        if name.startswith("OPENCEC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _problems(**overrides: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(**overrides)
    return caught.value.problems


def test_defaults(clean: Path) -> None:
    settings = load_settings()
    assert settings.data_dir == clean / "data"
    assert (settings.http_host, settings.http_port, settings.https_port) == ("127.0.0.1", 8080, 8443)
    assert (settings.sip_bind_host, settings.sip_port) == ("127.0.0.1", 5060)
    assert settings.rtp_ports == RtpPorts(16384, 32767)
    assert 1 <= settings.media_workers <= 4
    assert not settings.serves_other_machines


def test_environment_wins_over_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'http_port = 8181\nlog_level = "DEBUG"\n[journal]\ndurable = "full"\n[sip]\nhost = "::1"\n'
    (clean / "opencec.toml").write_text(text)
    monkeypatch.setenv("OPENCEC_HTTP_PORT", "8282")
    settings = load_settings()
    assert (settings.http_port, settings.log_level, settings.journal_durable) == (8282, "debug", "full")
    assert settings.sip_bind_host == "::1"
    assert load_settings(http_port=8383).http_port == 8383


def test_the_file_may_be_elsewhere_or_nowhere(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "opencec.toml").write_text("http_port = 1111")
    (clean / "other.toml").write_text("http_port = 2222")
    monkeypatch.setenv("OPENCEC_CONFIG", str(clean / "other.toml"))
    assert load_settings().http_port == 2222
    monkeypatch.setenv("OPENCEC_CONFIG", "none")
    assert load_settings().http_port == 8080
    monkeypatch.setenv("OPENCEC_CONFIG", "missing.toml")
    assert "missing.toml" in _problems()[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("http_port", "eighty", "not a whole number"),
        ("http_port", "0", "greater than or equal to 1"),
        ("rtp_ports", "16384", "not two ports with a hyphen"),
        ("rtp_ports", "900-2000", "not a range within 1024-65535"),
        ("rtp_ports", "30000-30010", "fewer than 64 ports"),
        ("http_host", "example.com", "not an IP address"),
        ("public_ip", "0.0.0.0", "not an address that others can reach"),
        ("demo_password", "short", "not 8-32 characters"),
        ("demo_password", "with a space", "has spaces"),
        ("demo_trunk", "127.0.0.1:5090", "not a SIP address"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("tls_cert", "/nowhere.pem", "tls_cert and tls_key: set both or neither"),
        ("callback_networks", "10.0.0.0/8,inner", "inner is not a network"),
        ("callback_ca_file", "/nowhere.pem", "callback_ca_file: there is no file"),
        ("gateway_origins", "https://crm.example.com/page", "is not an origin"),
        ("media_workers", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_enter(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"OPENCEC_{name.upper()}", value)
    (problem,) = _problems()
    assert expected in problem
    assert name in problem.lower()


def test_every_problem_is_told_at_once_and_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCEC_DEMO_PASSWORD", "hunter2")
    monkeypatch.setenv("OPENCEC_HTTP_PORT", "x")
    problems = _problems()
    assert len(problems) == 2
    assert "hunter2" not in "".join(problems)
    monkeypatch.setenv("OPENCEC_DEMO_PASSWORD", "hunter2hunter2")
    monkeypatch.delenv("OPENCEC_HTTP_PORT")
    assert "hunter2" not in repr(load_settings())


def test_a_misspelt_name_in_the_file_is_answered_with_the_right_one(clean: Path) -> None:
    (clean / "opencec.toml").write_text("htp_port = 8080")
    assert _problems() == ["htp_port: there is no such setting. Did you mean http_port?"]
    (clean / "opencec.toml").write_text("http_port = ")
    assert "cannot be read" in _problems()[0]


def test_ports_are_shared_out_in_even_ranges() -> None:
    assert RtpPorts(16384, 32767).split(3) == [(16384, 21843), (21844, 27303), (27304, 32763)]
    assert load_settings(rtp_ports="20001-20200", media_workers=1).rtp_ports == (20002, 20200)


def test_children_see_the_same_settings(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    (clean / "opencec.toml").write_text('demo_trunk = "sip:127.0.0.1:5090"\nmedia_workers = 3')
    settings = load_settings(http_port=9999)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    (clean / "opencec.toml").write_text("http_port = 1")
    assert load_settings() == settings


def test_the_plan_opens_tls_only_with_a_certificate() -> None:
    settings = load_settings(http_host="0.0.0.0", media_workers=2, public_ip="192.0.2.10")
    plain = build_plan(settings, demo=True, certificate=None, key=None)
    assert [(s.use, s.port) for s in plain.sockets] == [("http", 8080), ("sip_udp", 5060), ("sip_tcp", 5060)]
    plan = build_plan(settings, demo=True, certificate=Path("/c.pem"), key=Path("/k.pem"))
    assert [(s.use, s.port) for s in plan.sockets][3:] == [("https", 8443), ("sip_tls", 5061)]
    assert plan.addresses == {
        "http": "http://127.0.0.1:8080",
        "ws_sip": "ws://127.0.0.1:8080/sip",
        "sip": "192.0.2.10:5060",
        "https": "https://192.0.2.10:8443",
        "wss_sip": "wss://192.0.2.10:8443/sip",
        "sips": "192.0.2.10:5061",
    }
    assert [w.name for w in plan.workers] == ["media-0", "media-1", "relay-0", "speech", "jobs"]
    assert Plan.from_json(plan.to_json()) == plan


def test_the_reference_page_and_the_example_are_current() -> None:
    hint = "run: make docs"
    assert (ROOT / PAGE).read_text() == reference_page(), hint
    assert (ROOT / EXAMPLE).read_text() == example_file(), hint


def test_the_example_is_a_valid_file(clean: Path) -> None:
    lines = [line.removeprefix("# ") for line in example_file().splitlines() if " = " in line]
    (clean / "opencec.toml").write_text(
        "\n".join(line for line in lines if not line.startswith(("tls_", "callback_ca")))
    )
    assert isinstance(load_settings(), Settings)
