"""Operations that ccmessaging and its cookie twin serve alike: only the way the customer is known differs."""

from __future__ import annotations

from typing import Protocol, TypeVar

from opencec.elements.messaging.errors import MessagingDialect
from opencec.elements.messaging.facade import Customer
from opencec.elements.messaging.polls import Polls
from opencec.elements.messaging.schemas import CallBody, SurveyAnswer, SurveyBody
from opencec.elements.messaging.translate import survey
from opencec.httpkit.operations import Call
from opencec.httpkit.replies import ExactName, Reply

__all__ = [
    "TOKEN_HEADER",
    "answered",
    "check_click_to_call",
    "click_to_call_events",
    "create_click_to_call",
    "drop_click_to_call",
    "get_survey_mode",
]

TOKEN_HEADER = b"ccmessaging-token"
_DIALECT = MessagingDialect()


class _Principal(Protocol):
    """Whoever called: a customer, by token or by cookie."""

    @property
    def customer(self) -> Customer: ...

    @property
    def polls(self) -> Polls: ...


P = TypeVar("P", bound=_Principal)


def answered(customer: Customer, result: object) -> Reply:
    """An answer, with the renewed token when there is one."""
    headers = ((ExactName(TOKEN_HEADER), customer.renewed.encode()),) if customer.renewed else ()
    return Reply(_DIALECT.success(result), headers=headers)


async def get_survey_mode(call: Call[P]) -> Reply:
    """How the customer is asked."""
    customer = call.principal.customer
    found = survey(customer.channel, call.body_as(SurveyBody).language)
    return answered(customer, SurveyAnswer("0", "success", found))


async def check_click_to_call(call: Call[P]) -> Reply:
    """Whether the page may offer a call."""
    customer = call.principal.customer
    return answered(customer, customer.calling.support())


async def create_click_to_call(call: Call[P]) -> Reply:
    """A number that the page may dial."""
    customer = call.principal.customer
    return answered(customer, await customer.calling.create(call.body_as(CallBody)))


async def click_to_call_events(call: Call[P]) -> Reply:
    """What has happened to the call; held while nothing has."""
    customer = call.principal.customer
    return answered(customer, await customer.calling.event(hold_s=call.principal.polls.hold_s))


async def drop_click_to_call(call: Call[P]) -> Reply:
    """The customer hangs up."""
    customer = call.principal.customer
    return answered(customer, customer.calling.drop())
