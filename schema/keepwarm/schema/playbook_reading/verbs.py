"""The verbs whose steps hold no other steps, each with its reader: a new verb is a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keepwarm.schema.mapping_reading import Fields
from keepwarm.schema.playbook import Common, Step
from keepwarm.schema.playbook_reading.deeds import (
    read_offer,
    read_points,
    read_start_playbook,
    read_stop,
    read_tag,
    read_task,
    read_update,
    read_wait_step,
)
from keepwarm.schema.playbook_reading.messages import (
    read_message,
    read_notify,
    read_survey,
    read_webhook,
)
from keepwarm.schema.playbook_reading.reading import Passed, Reading

ReadStep = Callable[[Fields, Common, Passed, Reading], Step | None]

VERBS: Mapping[str, ReadStep] = {
    "email": read_message,
    "sms": read_message,
    "push": read_message,
    "notify": read_notify,
    "webhook": read_webhook,
    "task": read_task,
    "wait": read_wait_step,
    "update": read_update,
    "tag": read_tag,
    "untag": read_tag,
    "offer": read_offer,
    "points": read_points,
    "survey": read_survey,
    "start_playbook": read_start_playbook,
    "stop": read_stop,
}
