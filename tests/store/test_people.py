from __future__ import annotations

from datetime import UTC, datetime, timedelta

from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.people import (
    ALL,
    Consent,
    Suppression,
    SuppressionReason,
    ask_anew_who_is_subscribed,
    choices_of,
    lift_for_subscribers,
    lift_opt_out,
    record_consents,
    suppress,
    suppressed_among,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def known(db: Database, *names: str) -> list[int]:
    with db.writing() as cx:
        put_customers(cx, [(name, {"plan": "pro"}) for name in names], NOW)
        found = [find_customer(cx, name) for name in names]
    return [each.id for each in found if each is not None]


def record(db: Database, *consents: Consent) -> int:
    with db.writing() as cx:
        return record_consents(cx, consents, NOW)


def attributes(db: Database, name: str) -> dict[str, object]:
    with db.reading() as cx:
        found = find_customer(cx, name)
    assert found is not None
    return dict(found.attributes)


def said(customer: int, channel: str, *, allowed: bool, day: int = 0, topic: str = ALL,
         source: str = "preference page") -> Consent:  # fmt: skip
    return Consent(customer, channel, topic, allowed, source, NOW + day * DAY, "I agree")


def test_consent_to_a_channel_becomes_the_attribute(database: Database) -> None:
    ann, ben = known(database, "ann", "ben")
    assert record(database, said(ann, "email", allowed=True), said(ben, "sms", allowed=False)) == 2
    assert attributes(database, "ann") == {"plan": "pro", "email_consent": True}
    assert attributes(database, "ben") == {"plan": "pro", "sms_consent": False}


def test_consent_to_all_channels_sets_each(database: Database) -> None:
    [ann] = known(database, "ann")
    record(database, said(ann, ALL, allowed=False))
    assert attributes(database, "ann") == {
        "plan": "pro",
        "email_consent": False,
        "sms_consent": False,
        "push_consent": False,
    }


def test_the_latest_word_counts_in_whatever_order_it_arrives(database: Database) -> None:
    [ann] = known(database, "ann")
    record(database, said(ann, "email", allowed=False, day=2))
    record(database, said(ann, "email", allowed=True, day=1))
    record(database, said(ann, "email", allowed=True, topic="offers", day=1),
           said(ann, "email", allowed=False, topic="offers", day=2))  # fmt: skip
    record(database, said(ann, "email", allowed=True, topic="offers", day=0))
    assert attributes(database, "ann")["email_consent"] is False
    with database.reading() as cx:
        assert choices_of(cx, ann) == {("offers", "email"): False}


def test_a_topic_says_nothing_of_the_channel(database: Database) -> None:
    [ann] = known(database, "ann")
    record(database, said(ann, ALL, allowed=False, topic="offers"))
    assert attributes(database, "ann") == {"plan": "pro"}
    with database.reading() as cx:
        assert choices_of(cx, ann) == {("offers", ALL): False}


def test_an_import_brings_back_nothing_that_was_withdrawn(database: Database) -> None:
    ann, ben, bea, bob = known(database, "ann", "ben", "bea", "bob")
    record(
        database,
        said(ann, "email", allowed=False, day=1),
        said(ben, ALL, allowed=False, day=1),
        said(ben, "sms", allowed=True, day=2),
        said(bea, "email", allowed=False, source="import old.csv"),
        said(bob, "email", allowed=False, topic="offers"),
    )
    file = "import customers.csv"
    taken = record(
        database,
        said(ann, "email", allowed=True, day=3, source=file),
        said(ann, "sms", allowed=True, day=3, source=file),
        said(ben, "email", allowed=True, day=3, source=file),
        said(ben, "sms", allowed=True, day=3, source=file),
        said(ben, ALL, allowed=True, day=3, source=file),
        said(bea, "email", allowed=True, day=3, source=file),
        said(bob, "email", allowed=True, day=3, source=file),
        said(bob, "email", allowed=True, day=3, topic="offers", source=file),
    )
    assert taken == 4
    assert attributes(database, "ann") == {
        "plan": "pro",
        "email_consent": False,
        "sms_consent": True,
    }
    assert attributes(database, "ben")["email_consent"] is False
    assert attributes(database, "ben")["sms_consent"] is True
    assert attributes(database, "bea")["email_consent"] is True
    assert attributes(database, "bob")["email_consent"] is True
    with database.reading() as cx:
        assert choices_of(cx, bob) == {("offers", "email"): False}


def test_who_withdrew_may_agree_again_themselves(database: Database) -> None:
    [ann] = known(database, "ann")
    record(database, said(ann, "email", allowed=False, day=1))
    record(database, said(ann, "email", allowed=True, day=2))
    assert record(database, said(ann, "email", allowed=True, day=3, source="import x")) == 1
    assert attributes(database, "ann")["email_consent"] is True


def test_a_channel_that_reaches_no_customer_has_no_consent(database: Database) -> None:
    [ann] = known(database, "ann")
    assert record(database, said(ann, "notify", allowed=True)) == 0
    assert record(database) == 0


def test_a_suppressed_address_is_known_however_it_is_written(database: Database) -> None:
    pepper = b"pepper"
    one = address_hash(pepper, Channel.EMAIL, "Ann@Example.com")
    with database.writing() as cx:
        assert suppress(cx, [Suppression(Channel.EMAIL, one, SuppressionReason.BOUNCED, NOW)]) == 1
        again = Suppression(Channel.EMAIL, one, SuppressionReason.OPTED_OUT, NOW)
        assert suppress(cx, [again]) == 0
        same = address_hash(pepper, Channel.EMAIL, " ann@example.COM")
        other = address_hash(b"salt", Channel.EMAIL, "ann@example.com")
        found = suppressed_among(cx, Channel.EMAIL, [same, other])
        assert suppressed_among(cx, Channel.SMS, [same]) == {}
    assert found == {one: SuppressionReason.BOUNCED}
    assert "ann" not in one


def test_that_nobody_was_subscribed_gives_way_to_whatever_is_for_good(database: Database) -> None:
    weak, strong = SuppressionReason.NOT_SUBSCRIBED, SuppressionReason.OPTED_OUT
    push = Channel.PUSH
    with database.writing() as cx:
        suppress(cx, (Suppression(push, each, weak, NOW) for each in "abc"))
        suppress(cx, [Suppression(push, "a", strong, NOW), Suppression(push, "d", strong, NOW)])
        suppress(cx, [Suppression(push, "a", weak, NOW)])
        assert lift_for_subscribers(cx, push, ["a", "b", "d"]) == 1
        assert suppressed_among(cx, push, list("abcd")) == {"a": strong, "c": weak, "d": strong}
        assert ask_anew_who_is_subscribed(cx, NOW) == 0
        assert ask_anew_who_is_subscribed(cx, NOW + DAY) == 1
        assert suppressed_among(cx, push, list("abcd")) == {"a": strong, "d": strong}


def test_only_an_opt_out_is_lifted_by_a_word(database: Database) -> None:
    with database.writing() as cx:
        reasons = {"a": SuppressionReason.OPTED_OUT, "b": SuppressionReason.COMPLAINED}
        suppress(cx, (Suppression(Channel.SMS, each, why, NOW) for each, why in reasons.items()))
        assert lift_opt_out(cx, Channel.SMS, "a")
        assert not lift_opt_out(cx, Channel.SMS, "b")
        assert list(suppressed_among(cx, Channel.SMS, ["a", "b"])) == ["b"]
