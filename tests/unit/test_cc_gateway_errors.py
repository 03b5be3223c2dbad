"""Domain codes to vendor codes, and the generated pages."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from opencec.core.errors import CORE_ERROR_CODES, CoreError
from opencec.elements.cc_gateway import PREFIX, SCRIPT_PATH, TABLE
from opencec.elements.cc_gateway.errors import CODES, GENERAL, GatewayDialect, vendor_code
from opencec.elements.cc_gateway.missing import MISSING
from opencec.elements.cc_gateway.reference import render
from opencec.httpkit.openapi import build_openapi
from opencec.services.agent_passwords import PasswordProblem
from opencec.services.media_cache import MediaProblem

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
FACTS = Path(os.environ.get("OPENCEC_SHARED", ROOT.parent / "shared")) / "reference"


def test_every_core_code_has_a_vendor_code_in_every_group() -> None:
    for group in {operation.group for operation in TABLE.operations}:
        assert group in CODES or group == "", f"group {group} has no row"
        for code in CORE_ERROR_CODES:
            assert code in CODES.get(group, {}) or code in GENERAL
            assert re.fullmatch(r"\d{3}-\d{3}", vendor_code(group, code))


def test_table_names_no_code_that_the_core_does_not_have() -> None:
    known = {*CORE_ERROR_CODES, "feed_ended", *get_args(PasswordProblem)}
    assert set(GENERAL) == known
    files = set(get_args(MediaProblem))
    assert files <= set(CODES["chat_file"])
    for group, rows in CODES.items():
        assert set(rows) <= (known | files if group == "chat_file" else known), group


def test_documented_codes_of_an_operation_are_the_ones_it_answers() -> None:
    dialect = GatewayDialect({operation.name: operation.group for operation in TABLE.operations})
    expected = {
        ("login", "already_signed_in"): "100-002",
        ("login", "invalid_phone"): "100-014",
        ("logout", "in_call"): "100-010",
        ("sayBusy", "wrong_state"): "100-009",
        ("answer", "no_call"): "200-002",
        ("release", "no_call"): "200-017",
        ("hold", "wrong_call_state"): "200-014",
        ("getHold", "no_held_call"): "200-015",
        ("beginMute", "wrong_call_state"): "200-004",
        ("endMute", "no_call"): "200-007",
        ("transfer", "no_call"): "200-012",
        ("callout", "invalid_number"): "200-001",
        ("setCallAppData", "unknown_contact"): "400-001",
        ("hold", "not_signed_in"): "100-006",
    }
    for (operation, code), vendor in expected.items():
        assert dialect.translate(CoreError(code), operation).code == vendor  # type: ignore[arg-type]


def test_published_paths_and_methods_are_in_the_fact_catalogue() -> None:
    catalogue = FACTS / "cc-gateway-endpoints.csv"
    if not catalogue.is_file():
        pytest.skip("no fact catalogue beside the repository (OPENCEC_SHARED)")
    rows = [line.split(",")[:2] for line in catalogue.read_text(encoding="utf-8").splitlines()[1:]]
    known = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in rows}
    extra = {
        ("POST", f"{PREFIX}/voicecall/{{}}/mediaswitch"),
        ("POST", f"{PREFIX}/qualitycontrol/{{}}/resetskill/{{}}"),  # documented by its title alone
        ("POST", f"{PREFIX}/config/subscribe/cancel"),
        ("GET", f"{PREFIX}/recordplay/{{}}/recordzipfile"),  # our own: the address that both archive queries answer
    }
    # of the documentation, which has POST for all of agentconf, and more operations than the catalogue
    extra |= {
        ("POST", f"{PREFIX}/agentconf/{{}}/{name}")
        for name in (
            "releaseagentconf",
            "prolongtime",
            "applytoshiftpresident",
            "playvoicetoconf",
            "stopvoicetoconf",
            "batchaddparticipant",
            "batchremoveparticipant",
            "changeparticipantmode",
            "holdparticipant",
            "unholdparticipant",
            "playvoicetoparticipant",
            "stopvoicetoparticipant",
            "queryconfinfos",
        )
    } | {("GET", f"{PREFIX}/agentconf/{{}}/queryvdnconfid")}
    script = ("GET", SCRIPT_PATH)
    answered = {
        (method, PREFIX + re.sub(r"\{[\w:]+\}", "{}", operation.path))
        for operation in TABLE.operations
        for method in operation.methods
    } | {script}
    assert answered - known == extra
    missing = [(row.method, PREFIX + re.sub(r"\{\w+\}", "{}", row.path)) for rows in MISSING.values() for row in rows]
    assert len(missing) == len(set(missing))
    assert known - answered == set(missing)


def test_reference_page_is_current() -> None:
    page = ROOT / "docs/reference/cc-gateway.md"
    assert page.read_text(encoding="utf-8") == render(), (
        "run python -m opencec.elements.cc_gateway.reference (see page)"
    )


def test_openapi_describes_every_operation() -> None:
    document = build_openapi(TABLE, title="CC-Gateway", version="1", prefix=PREFIX)
    ids = [entry["operationId"] for methods in document["paths"].values() for entry in methods.values()]
    assert len(ids) == len(set(ids)) == sum(len(operation.methods) for operation in TABLE.operations)
    login = document["paths"][f"{PREFIX}/onlineagent/{{agentid}}"]["put"]
    assert "callBackUri" in login["requestBody"]["content"]["application/json"]["schema"]["properties"]
