"""The data folder, its lock, the certificate and the panel."""

from __future__ import annotations

import json
import os
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from opencec.app.addresses import interface_addresses, url_host
from opencec.app.certificate import self_signed
from opencec.app.panel import panel
from opencec.app.run_dir import DataDir, DataDirLocked
from opencec.app.supervisor_child import Backoff, describe_exit
from opencec.app.supervisor_sockets import unix_listener

pytestmark = pytest.mark.unit


def test_the_lock_names_its_owner(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    data.make()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    handle = data.take_lock()
    with pytest.raises(DataDirLocked, match=f"process {os.getpid()}"):
        data.take_lock()
    os.close(handle)
    os.close(data.take_lock())


def test_sockets_fit_even_in_a_deep_folder(tmp_path: Path) -> None:
    deep = DataDir(tmp_path / ("deep" * 30))
    deep.make()
    with unix_listener(deep.socket("supervisor")) as listener:
        assert Path(listener.getsockname()).stat().st_mode & 0o777 == 0o600
    assert DataDir(deep.root).run == deep.run
    deep.socket("supervisor").unlink()
    deep.run.rmdir()
    assert DataDir(tmp_path).run == tmp_path / "run"


def test_the_certificate_names_all_addresses_and_is_kept(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path / "tls", public_ip="192.0.2.10")
    assert key.stat().st_mode & 0o777 == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert {"127.0.0.1", "192.0.2.10", *interface_addresses()} <= addresses
    before = certificate.read_bytes()
    assert self_signed(tmp_path / "tls")[0].read_bytes() == before
    certificate.write_text("damaged")
    assert self_signed(tmp_path / "tls")[0].read_bytes() not in (before, b"damaged")


def test_addresses_of_interfaces() -> None:
    found = interface_addresses()
    assert "127.0.0.1" in found
    assert not any(address.startswith(("169.254.", "fe80:")) for address in found)
    assert (url_host("::1"), url_host("192.0.2.1")) == ("[::1]", "192.0.2.1")


def test_backoff_doubles_up_to_ten_seconds_and_forgets_after_health() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(9)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
    assert [backoff.after(31), backoff.after(1)] == [0.1, 0.2]
    assert (describe_exit(-9), describe_exit(3)) == ("signal SIGKILL", "exit code 3")


def test_the_panel_shows_how_to_get_in(tmp_path: Path) -> None:
    addresses = {"http": "http://127.0.0.1:8080", "ws_sip": "ws://127.0.0.1:8080/sip", "sip": "127.0.0.1:5060"}
    path = tmp_path / "demo-credentials.json"
    agents = [
        {"workno": str(n), "password": f"pw-{n}", "sip": {"user": f"7{n}", "password": f"sip-{n}"}}
        for n in range(101, 111)
    ]
    credentials = {"agents": agents, "admin": {"account": "admin", "password": "pw-a"}, "access_codes": {"ivr": "1000"}}
    path.write_text(json.dumps(credentials))
    text = panel(addresses, credentials=path)
    for word in (
        "http://127.0.0.1:8080",
        "pw-101",
        "sip-101",
        "pw-a",
        "1000 ivr",
        "/call",
        "/workbench",
        "7 more agents",
    ):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100
    assert "pw-101" not in panel(addresses)
    assert "OpenCEC is ready" in panel(addresses, credentials=tmp_path / "missing.json")


def test_a_stale_socket_file_is_replaced(tmp_path: Path) -> None:
    unix_listener(tmp_path / "s.sock").close()
    with unix_listener(tmp_path / "s.sock"), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / "s.sock"))
