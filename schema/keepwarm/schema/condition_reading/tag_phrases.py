"""Tests on tags and on named steps: `has vip`, `timed out`, `not opened`."""

from __future__ import annotations

import re

from keepwarm.schema.condition_reading.scope import NamedStep
from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.conditions import Has, StepEnded
from keepwarm.schema.reading import Refusal
from keepwarm.schema.suggestions import closest, quoted

TAGS_HINT = 'you can write: "has vip"; "has one of vip, staff"; "has none of vip, staff"'
TAG_WORDS = frozenset({"has", "none", "one", "of"})

_TAG = re.compile(r"[^\s,\"'{}\[\]]+(?: [^\s,\"'{}\[\]]+){0,3}")


def parse_tags_test(said: str) -> Has | Refusal | None:
    """Parse a test on tags; None where the text is nothing like one."""
    match = _HAS.fullmatch(said)
    if match is None:
        return _refused_bare_tag(said)
    head = (match["how"] or "").lower()
    tags = tuple(dict.fromkeys(re.split(r" ?, ?(?:or |and )?| or ", match["tags"])))
    if not all(_TAG.fullmatch(tag) for tag in tags):
        return None
    negated = head in _NEGATED
    if " and " in match["tags"] or (len(tags) > 1 and not head):
        return Refusal(
            f"{quoted(said)} may mean all of them or any of them",
            'write "has one of vip, staff" for any of them; for all, a line for each',
        )
    return Has(tags, negated)


def _refused_bare_tag(said: str) -> Refusal | None:
    """Refuse a test without its first word, which is then proposed."""
    match = _WITHOUT_HAS.fullmatch(said)
    if match is None or said.lower() in {"has", "yes", "no", "none", "one"}:
        return None
    meant = f"has {said}"
    if match["tag"]:
        meant = spelt(Has((match["tag"],), bool(match["not"])))
    return Refusal(f"cannot read {quoted(said)} as a test on tags", TAGS_HINT, meant)


def read_step_test(said: str, step: NamedStep) -> StepEnded | Refusal:
    """Read a test on how a named step ended."""
    if not step.results:
        return Refusal(
            f'nothing can be asked about the step "{step.name}": a {step.verb} has no result',
            "ask about a message, a task, or a wait that waits for something",
        )
    match = _RESULTS.fullmatch(said)
    head, rest = (match["head"] or match["sign"] or "", match["rest"]) if match else ("", said)
    results = tuple(dict.fromkeys(_result(word) for word in re.split(r" ?, ?| or ", rest) if word))
    wrong = [result for result in results if result not in step.results]
    negated = bool(re.match(r"n|is n|was n|!", head, re.IGNORECASE))
    if results and not wrong:
        return StepEnded(results, negated)
    mended = tuple(closest(result, step.results) or result for result in results)
    can_be = set(mended) <= set(step.results) and bool(mended)
    return Refusal(
        f'the {step.verb} "{step.name}" never ends as {quoted(wrong[0] if wrong else said)}',
        f"it may end as: {', '.join(step.results)}",
        spelt(StepEnded(mended, negated)) if can_be else None,
    )


def _result(word: str) -> str:
    plain = word.strip().replace("-", " ").lower()
    # Outcomes of the catalog are names and keep their underscores; our own words have spaces.
    return plain if plain in _OWN_RESULTS else word.strip()


_OWN_RESULTS = frozenset({"timed out", "happened", "done", "late", "open"})
_NEGATED = frozenset({"none of", "no", "not", "not any of", "neither"})
_HAS = re.compile(
    r"(?:has |have |contains |includes )"
    r"(?:(?P<how>none of|one of|any of|not any of|neither|no|not) )?(?P<tags>[^ ].*)",
    re.IGNORECASE,
)
_WITHOUT_HAS = re.compile(
    r"(?P<not>not )?(?P<tag>[\w-]+)|(?:none|one) of [\w-]+(?:, ?[\w-]+)*", re.IGNORECASE
)
_RESULTS = re.compile(
    r"(?:(?P<head>(?:is |was )?(?:not|none of|one of|any of|neither)|is|was) |(?P<sign>!?=) ?)?"
    r"(?P<rest>.+)",
    re.IGNORECASE,
)
