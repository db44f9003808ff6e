"""The mappings of the language as JSON Schema, each from its written form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keepwarm.schema.catalog import Attribute
from keepwarm.schema.catalog_reading import SCORES
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.json_schema import patterns
from keepwarm.schema.json_schema.conditions import CUSTOMER, EVENT, RUN, described
from keepwarm.schema.json_schema.kinds import SCALAR_TYPES
from keepwarm.schema.json_schema.names import Names
from keepwarm.schema.json_schema.values import Schema, one_of, or_nothing, other, scalar, typed
from keepwarm.schema.story_reading.customers import UNKNOWN, told_facts
from keepwarm.schema.written_form import FORMS, GUARDRAIL_RATES, Form, Key, Many, Takes

#: Keys that take a list, of whose readers each takes one value for a list of one.
_ONE_WILL_DO = frozenset({"members", "if_late"})
#: Verbs that say nothing without a second key, by form.
_NEEDS: Mapping[str, dict[str, list[str]]] = {
    "step": {"if": ["then"], "split": ["into"], "task": ["for"]},
    "choose arm": {"when": ["steps"]},
    "start": {"every": ["for_customers"], "and_then_no": ["event", "for"]},
}
#: What a list of nothing is nothing of.
_NEVER_EMPTY = frozenset({"step", "choose arm", "split arm", "story", "expectation"})
#: Where no run is under way yet, so that no step can be asked about.
_BEFORE_A_RUN = frozenset({"for_customers", "becomes", "stop_if_any", "<segment>"})


def object_schema(form: Form, names: Names) -> Schema:
    """Give the schema of a mapping of this form; `definitions_for` gives what it refers to."""
    schema: Schema = {
        "type": "object",
        "properties": {key.name: key_schema(key, form, names) for key in form.keys},
        "additionalProperties": False,
        # In braces a text may go on behind a comma: `{means: A charge was refused, by the bank}`.
        "patternProperties": {" ": other(f"{_capital(form.called)} has no such setting.")},
    }
    if required := [key.name for key in form.required()]:
        schema["required"] = required
    # An option of a single verb needs it; which of several verbs, only the reader can tell.
    needs = {key.name: list(key.beside) for key in form.keys if len(key.beside) == 1}
    if needs := needs | _NEEDS.get(form.name, {}):
        schema["dependencies"] = needs
    if form.leading():
        schema["minProperties"] = 1
    special = _SPECIAL.get(form.name)
    if special is not None:
        return special(schema, names)
    return schema if form.entries is None else _of_entries(schema, form, form.entries, names)


def _of_entries(schema: Schema, form: Form, entry: Key, names: Names) -> Schema:
    """Give the schema of a mapping whose keys are names that its author chooses."""
    del schema["properties"], schema["patternProperties"]
    value = key_schema(entry, form, names)
    is_plain = entry.many is Many.ONE and entry.takes is not Takes.MAPPING
    schema["additionalProperties"] = or_nothing(value) if is_plain else value
    if pattern := _CALLED.get(form.name):
        signs = "letters, digits and underscores"
        if pattern == patterns.NAME_OF_A_THING:
            signs = "letters, digits, hyphens and underscores"
        sentence = f"A name has {signs}."
        schema["propertyNames"] = {"pattern": pattern, "patternErrorMessage": sentence}
    return schema


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def definitions_for(form: Form, names: Names) -> dict[str, Schema]:
    """Give the schema of every form that a form refers to, and of those that they do."""
    found: dict[str, Schema] = {}
    awaited = [form]
    while awaited:
        keys = awaited.pop(0)
        for key in (*keys.keys, *((keys.entries,) if keys.entries else ())):
            if key.shape is not None and _definition(key.shape) not in found:
                inner = FORMS[key.shape]
                found[_definition(inner.name)] = object_schema(inner, names)
                awaited.append(inner)
    return found


def key_schema(key: Key, form: Form, names: Names) -> Schema:
    """Give the schema of what stands behind a key."""
    schema = _many(key, _one(key, form, names), names)
    if (form.name, key.name) == ("split arm", "steps"):
        del schema["minItems"]  # those who are drawn into an arm may get nothing
    return {**schema, "description": key.means, "markdownDescription": _explained(key)}


def _explained(key: Key) -> str:
    """Give what an editor shows of a key; the examples of a single value it shows by itself."""
    in_list = key.takes in {Takes.CONDITIONS, Takes.GUARDRAILS}
    lines = "".join(f"\n  {example}" for example in key.examples) if in_list else ""
    block = f"\n\n```yaml\n{key.name}:{lines}\n```" if lines else ""
    words = "".join(f"\n- `{choice}`" for choice in key.choices)
    return key.means + (f"\n{words}" if words else "") + block


def _one(key: Key, form: Form, names: Names) -> Schema:
    match key.takes:
        case Takes.MAPPING:
            return {"$ref": f"#/definitions/{_definition(key.shape or '')}"}
        case Takes.CONDITIONS:
            return {"$ref": f"#/definitions/{_conditions(key, form)}"}
        case Takes.GUARDRAILS:
            return _guardrails()
        case _:
            return scalar(key, names)


def _many(key: Key, one: Schema, names: Names) -> Schema:
    if key.many is Many.ONE:
        return one
    if key.many is Many.LIST and key.name not in _ONE_WILL_DO:
        listed = {"type": "array", "items": one, "errorMessage": _how_to_list(key)}
        return listed | ({"minItems": 1} if key.shape in _NEVER_EMPTY else {})
    if key.takes is Takes.MAPPING:
        whole = object_schema(FORMS[key.shape or ""], names)
        return {**whole, "type": ["object", "array"], "items": one}
    if key.takes is Takes.CHOICE:
        # An enumeration would refuse the list itself.
        lone = typed(
            ("string",), f"^(?:{'|'.join(key.choices)})$", one["errorMessage"], key.choices
        )
        return {**lone, "type": ["string", "array"], "items": one}
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    return {**one, "type": [*types, "array"], "items": one}


def _how_to_list(key: Key) -> str:
    example = f': "- {key.examples[0]}"' if key.examples else ""
    return f"Write a list; each line begins with a dash{example}."


def _definition(form: str) -> str:
    return form.replace(" ", "_")


def _conditions(key: Key, form: Form) -> str:
    if key.name == "where":
        return EVENT
    is_before = key.name in _BEFORE_A_RUN or (form.name, key.name) == ("playbook", "only_if")
    return CUSTOMER if is_before else RUN


def _guardrails() -> Schema:
    sentence = 'Write a limit: "above 0.5%".'
    limit = typed(("string",), patterns.RATE, sentence, ("above 0.5%", "above 0.1%"))
    rates = {name: {**limit, "description": means} for name, means in GUARDRAIL_RATES.items()}
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": rates,
            "additionalProperties": other(f"There are these rates: {', '.join(rates)}."),
        },
        "errorMessage": 'Write a list of rates and limits: "- unsubscribe_rate: above 0.5%".',
    }


# ── Mappings of which the catalog knows more than their form ─────────────────────────────────


def _update(schema: Schema, names: Names) -> Schema:
    """Give the schema of an update: the attributes that a playbook may write."""
    written = [a for a in names.catalog.attributes.values() if a.kind is not FactKind.TAGS]
    values = {FactKind.NUMBER: _NUMBER}
    return {**_of_attributes(schema, written, names, values), "minProperties": 1}


def _story_customer(schema: Schema, names: Names) -> Schema:
    """Give the schema of a customer in a story, or of what is different about one."""
    values = {FactKind.NUMBER: _NUMBER_OR_RANK, FactKind.DATE: _DAY_OF_A_STORY}
    told = _of_attributes(schema, told_facts(names.catalog).values(), names, values)
    properties = {name: _or_unknown(value) for name, value in told["properties"].items()}
    return {**told, "properties": properties}


def _or_unknown(value: Schema) -> Schema:
    """Give the schema of a value that a story may also take away."""
    if "enum" in value and UNKNOWN not in value["enum"]:
        return {**value, "enum": [*value["enum"], UNKNOWN]}
    if "pattern" in value:
        return {**value, "pattern": f"(?:{value['pattern']})|^{UNKNOWN}$"}
    return value


_NUMBER = typed(("number", "string"), patterns.NUMBER, "Write a number in digits: 3 or 0.5.")
_NUMBER_OR_RANK = typed(
    ("number", "string"),
    patterns.NUMBER_OR_RANK,
    'Write a number in digits, or its rank among all customers: "in the top 10%".',
    ("in the top 10%",),
)
_DAY_OF_A_STORY = typed(
    ("string",),
    patterns.STORY_DAY,
    'Write a day of the story, or a date: "day 10" or 2026-01-31.',
    ("day 10", "2026-01-31"),
)


def _of_attributes(
    schema: Schema,
    attributes: Iterable[Attribute],
    names: Names,
    values: Mapping[FactKind, Schema],
) -> Schema:
    properties: Schema = {name: {"type": list(SCALAR_TYPES)} for name in names.known.broken}
    for attribute in attributes:
        value = values.get(attribute.kind) or _value(attribute)
        properties[attribute.name] = {**value, **described(attribute, names.live)}
    schema |= {
        "properties": dict(sorted(properties.items())),
        "additionalProperties": other(
            "Not an attribute of the catalog. Press Ctrl+Space to see them."
        ),
    }
    return schema


def _value(attribute: Attribute) -> Schema:
    """Give the schema of a value of an attribute."""
    match attribute.kind:
        case FactKind.CHOICE:
            words = one_of(attribute.choices)
            return {"enum": words, "errorMessage": f"One of: {', '.join(attribute.choices)}."}
        case FactKind.TRUTH:
            types = ("boolean", "string")
            return typed(types, patterns.TRUTH, "Write yes or no.", ("yes", "no"))
        case FactKind.DATE:
            return typed(("string",), patterns.DAY, "Write a date: 2026-01-31.", ("2026-01-31",))
        case FactKind.TAGS:
            return {"type": [*SCALAR_TYPES, "array"], "items": {"type": list(SCALAR_TYPES)}}
        case _:
            return {"type": list(SCALAR_TYPES)}


def _story_line(schema: Schema, names: Names) -> Schema:
    """Give the schema of a line of a story: beside an event stand its properties."""
    anything: Schema = {"type": list(SCALAR_TYPES)}
    if names.known.broken:
        schema["additionalProperties"] = anything
    for event in names.catalog.events.values():
        for attribute in event.properties.values():
            schema["properties"].setdefault(attribute.name, {**anything, **described(attribute)})
    # A property may have the name of another key, which then takes what the property does.
    for name in {a for e in names.catalog.events.values() for a in e.properties}:
        schema["properties"][name] = {
            **anything,
            "description": schema["properties"][name]["description"],
        }
    schema.pop("dependencies", None)
    if not names.known.broken:
        schema["additionalProperties"] = other("No event of the catalog has such a property.")
    return schema


def _expectation(schema: Schema, names: Names) -> Schema:
    """Give the schema of an expectation, which may also be the text `nothing else`."""
    for verb, offered in (
        ("email", names.email_templates()),
        ("sms", names.text_templates()),
        ("push", names.text_templates()),
    ):
        schema["properties"][verb]["examples"] = list(offered)
    schema |= typed(
        ("object", "string"),
        patterns.phrase("nothing else"),
        'Write what should happen, for example "{at: day 0 10:00, email: …}", or "nothing else".',
        ("nothing else",),
    )
    del schema["errorMessage"]
    return schema


def _event(schema: Schema, names: Names) -> Schema:
    """Give the schema of an event of the catalog, behind whose name nothing need stand."""
    del names
    return {**schema, "type": ["object", "null"]}


def _scores(schema: Schema, names: Names) -> Schema:
    """Give the schema of the scores, of which there are only those that Keepwarm computes."""
    entry = FORMS["scores"].entries
    if entry is not None:
        schema["properties"] = {name: key_schema(entry, FORMS["scores"], names) for name in SCORES}
    sentence = f"Keepwarm computes these scores: {', '.join(SCORES)}."
    schema["additionalProperties"] = other(sentence)
    return schema


#: What authors may call the things of a mapping, where that is not free.
_CALLED: Mapping[str, str] = {
    **dict.fromkeys(
        ("attributes", "events", "metrics", "scores", "properties", "called"),
        patterns.NAME_OF_A_FACT,
    ),
    **dict.fromkeys(
        ("segments", "topics", "calendars", "teams", "offers", "outcomes", "surveys", "webhooks"),
        patterns.NAME_OF_A_THING,
    ),
    "story customers": patterns.NAME_OF_A_THING,
}


def _attribute(schema: Schema, names: Names) -> Schema:
    """Give the schema of an attribute, whose choices may stand in braces."""
    del names
    sentence = "An attribute has no such setting."
    return {**schema, "additionalProperties": other(sentence)}


_SPECIAL: Mapping[str, Callable[[Schema, Names], Schema]] = {
    "attribute": _attribute,
    "update": _update,
    "story customer": _story_customer,
    "story line": _story_line,
    "expectation": _expectation,
    "event": _event,
    "scores": _scores,
}
