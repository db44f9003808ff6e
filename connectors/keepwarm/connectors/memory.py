"""A connector for tests, ours and our users': keeps what it is given and answers as told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from keepwarm.connectors.contract import Limits
from keepwarm.connectors.settings import About, Surroundings
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted, Received, SendResult

#: What it answers: a result for every message, or one made for each.
Script = SendResult | Callable[[Message], SendResult]


class Memory:
    """Takes every message unless told otherwise, and remembers in which order.

    >>> memory = Memory()
    >>> memory.will_answer(Rejected("bounced"), to="ada@customer.example")
    """

    name = "memory"
    channels = frozenset(Channel)
    limits = Limits(batch=1000, idempotent=True)
    about = About(
        title="Memory",
        settings=(),
        promises=("Keeps what it is given for as long as the process lives, and sends nothing.",),
        unknown_settles_by="Looks up what it took, or does as the test tells it.",
    )

    def __init__(self, given: Surroundings | None = None) -> None:
        """Make an empty memory; a test may leave out the surroundings."""
        self._clock = given.clock if given else lambda: datetime.min.replace(tzinfo=UTC)
        #: The messages it was handed, in order, whatever it answered.
        self.sent: list[Message] = []
        #: How many messages each call carried.
        self.calls: list[int] = []
        #: What it took, by send id; a repeated one is counted once, as by an idempotent provider.
        self.accepted: dict[str, Message] = {}
        #: What the next call-back brings; a test fills it.
        self.call_back: Received | None = None
        self.closed = False
        self._next: deque[Script] = deque()
        self._by_address: dict[str, deque[Script]] = {}

    def will_answer(self, *answers: Script, to: str | None = None) -> None:
        """Queue answers for the messages that come next, or next to one address."""
        queue = self._next if to is None else self._by_address.setdefault(to, deque())
        queue.extend(answers)

    def texts_to(self, address: str, name: str = "text") -> list[str]:
        """Give one text of each message to an address, as its receiver reads it."""
        return [message.text(name) for message in self.sent if message.address == address]

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Keep them, and answer as told."""
        self.calls.append(len(messages))
        return [self._take(message) for message in messages]

    async def look_up(self, message: Message, sent_after: datetime) -> SendResult | None:  # noqa: ARG002
        """Tell whether it took the message."""
        taken = message.send_id in self.accepted
        return Accepted(f"memory:{message.send_id}") if taken else None

    def receive(
        self,
        url: str,  # noqa: ARG002
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Received | None:
        """Give what the test put in `call_back`."""
        return self.call_back

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def _take(self, message: Message) -> SendResult:
        self.sent.append(message)
        answer = self._scripted(self._by_address.get(message.address, self._next), message)
        if answer is None:
            answer = Accepted(f"memory:{message.send_id}")
        if isinstance(answer, Accepted):
            self.accepted[message.send_id] = message
        return answer

    @staticmethod
    def _scripted(queue: deque[Script], message: Message) -> SendResult | None:
        if not queue:
            return None
        script = queue.popleft()
        return script(message) if callable(script) else script
