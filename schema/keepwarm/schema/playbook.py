"""A playbook as written: every word typed, every step with its place, nothing yet decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import TypeAlias

from keepwarm.schema.approvers import Approvers
from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.phrases import AtMost, Budget, Expects, Length, Schedule, Stage, Wait, Window
from keepwarm.schema.promises import NOTHING_PROMISED, Promised
from keepwarm.schema.retention import Retention
from keepwarm.schema.words import (
    CatchUp,
    Channel,
    Delivery,
    InFlight,
    Kind,
    PlaybookStatus,
    WhenCapped,
    WhenUnknown,
)

# ── Who gets in, and when ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OncePerCustomer:
    """A customer enters once, ever, or again after a time (`again_after`)."""

    again_after: Length | None = None


@dataclass(frozen=True, slots=True)
class OncePerProperty:
    """`once: per invoice`: one run for each value of a property of the starting event."""

    property: str


@dataclass(frozen=True, slots=True)
class EveryTime:
    """`once: every time`: each event starts a run."""


Once: TypeAlias = OncePerCustomer | OncePerProperty | EveryTime


@dataclass(frozen=True, slots=True)
class WhenEvent:
    """`event: signed_up`, perhaps with `where`, and `and_then_no` for a time after it."""

    event: str
    once: Once
    where: Condition = ALWAYS
    #: The run begins when this event has not come for `quiet_for` after the last start event;
    #: with `once: per cart`, the event of that very cart (`same`), where both events name one.
    and_then_no: str | None = None
    quiet_for: Length | None = None
    same: str | None = None


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """`every: day at 09:30` with `for_customers`."""

    schedule: Schedule
    for_customers: Condition
    once: OncePerCustomer


@dataclass(frozen=True, slots=True)
class OnDate:
    """`date: renewal_date` with `before: 90 days` or `after: 1 day`, at a time of day."""

    attribute: str
    at: time
    offset: Length | None = None
    #: Whether the offset lies before the date rather than after it.
    before: bool = True
    #: Birthdays and anniversaries: the month and day count, each year anew.
    yearly: bool = False
    for_customers: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class WhenBecomes:
    """`becomes: [conditions]`: a customer starts to match who did not match before."""

    condition: Condition
    once: OncePerCustomer


@dataclass(frozen=True, slots=True)
class WhenCalled:
    """`called: by another playbook`."""

    once: OncePerCustomer | EveryTime


Start: TypeAlias = WhenEvent | OnSchedule | OnDate | WhenBecomes | WhenCalled


@dataclass(frozen=True, slots=True)
class Goal:
    """What success is; reaching it ends the run."""

    event: str
    times: int = 1
    within: Length | None = None
    #: The property whose value must equal that of the event which started the run.
    for_the_same: str | None = None
    where: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Respect:
    """What the customer may expect of our manners."""

    quiet_hours: Window | None = None
    #: Over all playbooks; a cap without a channel counts all channels.
    caps: tuple[AtMost, ...] = ()
    when_capped: WhenCapped = WhenCapped.SKIP


@dataclass(frozen=True, slots=True)
class Guardrail:
    """`unsubscribe_rate: above 0.5%` (0.005): past it the playbook falls back to shadow."""

    #: `unsubscribe_rate`, `complaint_rate`, `bounce_rate` or `failure_rate`.
    rate: str
    above: Decimal
    place: Place


# ── Steps ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Common:
    """What may stand on any step."""

    place: Place
    name: str | None = None
    only_if: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class SendStep:
    """`email`, `sms` or `push`: a template to the customer."""

    common: Common
    channel: Channel
    template: str
    #: Tried in order when this channel cannot be used for this customer.
    or_else: tuple[SendStep, ...] = ()
    expires: Length | None = None
    topic: str | None = None
    kind: Kind | None = None
    delivery: Delivery = Delivery.AT_MOST_ONCE


@dataclass(frozen=True, slots=True)
class NotifyStep:
    """`notify: "#billing"`: a line to a team's chat."""

    common: Common
    channel: str
    #: A template's name; None makes a plain sentence out of playbook, step and customer.
    says: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookStep:
    """`webhook: crm` (an endpoint of the catalog) or an https address."""

    common: Common
    endpoint: str
    #: Field -> a literal text, or `{{ … }}` in Liquid.
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Late:
    """What happens when a task is late, in the order written."""

    notify: tuple[str, ...] = ()
    reassign: str | None = None
    start_playbook: str | None = None


@dataclass(frozen=True, slots=True)
class TaskStep:
    """`task: Offer a setup session`: work for a team or a person."""

    common: Common
    title: str
    assignee: str
    due: Length | None = None
    if_late: Late = field(default_factory=Late)
    #: What the person should know, in Liquid; None leaves the title to speak.
    details: str | None = None


@dataclass(frozen=True, slots=True)
class WaitStep:
    """`wait: 2 days`."""

    common: Common
    wait: Wait
    #: Narrows the event that is waited for.
    where: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Arm:
    """One way out of a choice. `when` None is the `otherwise`."""

    when: Condition | None
    steps: tuple[Step, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ChooseStep:
    """`if`/`then`/`else` and `choose`/`when`/`otherwise`: the first arm whose condition holds."""

    common: Common
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Portion:
    """One arm of a split, by share of customers (0 < share <= 1)."""

    share: Decimal
    steps: tuple[Step, ...]
    place: Place
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SplitStep:
    """`split: offer-size`: an experiment; the draw is a hash of name and customer."""

    common: Common
    experiment: str
    portions: tuple[Portion, ...]


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """`update: {subscription_status: suspended}`."""

    common: Common
    #: Attribute -> value as text; the catalog types it.
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TagStep:
    """`tag: vip` and `untag: vip`, on the attribute `tags` or on another that is tags."""

    common: Common
    tag: str
    remove: bool = False
    attribute: str = "tags"


@dataclass(frozen=True, slots=True)
class OfferStep:
    """`offer: 15-percent-1-month`, which later messages may name."""

    common: Common
    offer: str
    expires: Length | None = None


@dataclass(frozen=True, slots=True)
class PointsStep:
    """`points: 100`: adds to (or, below zero, takes from) the customer's points."""

    common: Common
    points: Decimal


@dataclass(frozen=True, slots=True)
class SurveyStep:
    """`survey: nps` by e-mail or text; the answer arrives as the event `survey_answered`."""

    common: Common
    survey: str
    channel: Channel
    template: str


@dataclass(frozen=True, slots=True)
class StartPlaybookStep:
    """`start_playbook: nps-follow-up`."""

    common: Common
    playbook: str


@dataclass(frozen=True, slots=True)
class StopStep:
    """`stop: reason`: ends the run here."""

    common: Common
    reason: str


Step: TypeAlias = (
    SendStep
    | NotifyStep
    | WebhookStep
    | TaskStep
    | WaitStep
    | ChooseStep
    | SplitStep
    | UpdateStep
    | TagStep
    | OfferStep
    | PointsStep
    | SurveyStep
    | StartPlaybookStep
    | StopStep
)


@dataclass(frozen=True, slots=True)
class Playbook:
    """One file of `playbooks/`, as its author meant it."""

    name: str
    title: str
    owner: str
    status: PlaybookStatus
    start: Start
    steps: tuple[Step, ...]
    place: Place
    kind: Kind = Kind.MARKETING
    topic: str | None = None
    only_if: Condition = ALWAYS
    goal: Goal | None = None
    stop_if_any: Condition | None = None
    holdout: Decimal = Decimal(0)
    rollout: tuple[Stage, ...] = ()
    respect: Respect = field(default_factory=Respect)
    back_to_shadow_if_any: tuple[Guardrail, ...] = ()
    budget: Budget | None = None
    expects: Expects | None = None
    in_flight: InFlight = InFlight.FINISH
    catch_up: CatchUp = CatchUp.ONCE
    when_unknown: WhenUnknown = WhenUnknown.LEAVE
    #: Lower numbers go first when two playbooks want the same slot under a cap.
    priority: int = 5


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """The words of a message as written: a YAML head and a Liquid (or MJML) body."""

    name: str
    form: str  # `mjml` or `txt`
    body: str
    #: 1-based line of the file on which the body begins.
    body_line: int
    file: str
    subject: str | None = None
    preheader: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    #: For push: the line above the text.
    title: str | None = None
    #: None for the original; `nl` for `<name>.nl.mjml`.
    language: str | None = None
    #: The lines of the head: key, line, and the column of the text; 0 where it is not as it is.
    head_places: tuple[tuple[str, int, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Policies:
    """Limits that hold for all playbooks together (`policies.yaml`)."""

    caps: tuple[AtMost, ...] = ()
    quiet_hours: Window | None = None
    sender: str | None = None
    #: The postal address that marketing mail must show (CAN-SPAM).
    postal_address: str | None = None
    alarms_to: str | None = None
    promised: Promised = NOTHING_PROMISED
    approvers: Approvers = field(default_factory=Approvers)
    #: What a thousand messages of a channel cost: (channel, amount, currency).
    thousand_messages_cost: tuple[tuple[Channel, Decimal, str], ...] = ()
    keep: Retention = field(default_factory=Retention)
