"""What a catalog gives and asks: offers, surveys and the addresses of webhooks."""

from __future__ import annotations

from decimal import Decimal

from keepwarm.schema.catalog import Endpoint, Offer, Survey
from keepwarm.schema.catalog_reading.amounts import Scale, read_money, read_scale
from keepwarm.schema.catalog_reading.declared import Declared, Sections
from keepwarm.schema.faults import Faults
from keepwarm.schema.lengths import read_length
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.values import decimal, phrase, text
from keepwarm.schema.written_form import FORMS

_NPS = Scale(0, 10)


def read_offers(sections: Sections) -> dict[str, Offer]:
    """Read the offers; one with a fault is given as far as it can be."""
    return {declared.name: _read_offer(declared) for declared in sections.of("offers").values()}


def read_surveys(sections: Sections) -> dict[str, Survey]:
    """Read the surveys."""
    surveys = {}
    for declared in sections.of("surveys").values():
        fields = read_mapping(declared.entry.value, FORMS["survey"], declared.faults)
        question, scale = None, None
        if fields is not None:
            question = text(fields, "question", declared.faults)
            scale = phrase(fields, "scale", read_scale, declared.faults)
        low, high = (scale or _NPS).low, (scale or _NPS).high
        surveys[declared.name] = Survey(declared.name, question or "", low, high, declared.place)
    return surveys


def read_endpoints(sections: Sections) -> dict[str, Endpoint]:
    """Read the webhooks."""
    endpoints = {}
    for declared in sections.of("webhooks").values():
        fields = read_mapping(declared.entry.value, FORMS["webhook"], declared.faults)
        url = None
        if fields is not None:
            url = text(fields, "url", declared.faults)
            text(fields, "means", declared.faults)
            _check_url(fields, url, declared.faults)
        endpoints[declared.name] = Endpoint(declared.name, url or "", declared.place)
    return endpoints


def _check_url(fields: Fields, url: str | None, faults: Faults) -> None:
    if url is None or (url.startswith("https://") and len(url.split()) == 1):
        return
    is_plain = url.startswith("http://")
    faults.add(
        "cannot-read",
        fields.values["url"],
        f"{quoted(url)} is no https address",
        replacement=f"https://{url[7:]}" if is_plain else None,
        hint="for example https://crm.acme.example/hooks/keepwarm",
    )


def _read_offer(declared: Declared) -> Offer:
    faults = declared.faults
    fields = read_mapping(declared.entry.value, FORMS["offer"], faults)
    if fields is None:
        return Offer(declared.name, declared.place)
    percent = _percent(fields, faults)
    amount = phrase(fields, "amount", read_money, faults)
    costs = phrase(fields, "costs", read_money, faults)
    if "percent" in fields.values and "amount" in fields.values:
        faults.add(
            "two-things",
            fields.values["amount"],
            'an offer is either "percent" off or an "amount" off',
            hint="keep one of them",
        )
    return Offer(
        declared.name,
        declared.place,
        percent=percent,
        amount=amount.amount if amount else None,
        currency=amount.currency if amount else "",
        lasts=phrase(fields, "lasts", read_length, faults),
        costs=costs.amount if costs else None,
        cost_currency=costs.currency if costs else "",
        code=text(fields, "code", faults) or "",
        means=text(fields, "means", faults) or "",
    )


def _percent(fields: Fields, faults: Faults) -> Decimal | None:
    percent = decimal(fields, "percent", faults)
    if percent is None or 0 < percent <= 100:  # noqa: PLR2004  per cent
        return percent
    faults.add(
        "cannot-read", fields.values["percent"], "an offer takes between 0 and 100 per cent off"
    )
    return None
