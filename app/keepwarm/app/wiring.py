"""Wiring: the system of this process, made from its settings."""

from __future__ import annotations

import atexit
import gc
import os
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from keepwarm.app.oidc.provider import IdentityProvider
from keepwarm.app.oidc.settings import read_oidc
from keepwarm.app.secrets_file import Secret, secret_in
from keepwarm.app.settings import Settings, make_home, read_settings
from keepwarm.connectors.contract import Connector, ConnectorRefused
from keepwarm.connectors.forgetters.registry import make_forgetters
from keepwarm.connectors.pulls.registry import make_pullers
from keepwarm.connectors.registry import make
from keepwarm.connectors.sources.contract import Source
from keepwarm.connectors.sources.registry import BUILT_IN as SOURCES
from keepwarm.connectors.sources.registry import make_source
from keepwarm.connectors.task_tools.registry import make_tools
from keepwarm.engine.links import Links
from keepwarm.flows.agreeing import Agreement
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.clocks import refuse_another_time
from keepwarm.store.database import Database, open_database
from keepwarm.store.migrating import migrate
from keepwarm.store.standby import refuse_a_standby

#: After how many new objects Python looks for garbage among them.
_NEW_OBJECTS: Final = 100_000
#: For how long a thread computes before it lets another one.
_TURN: Final = timedelta(microseconds=50)


def clock() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


def make_system(settings: Settings | None = None) -> System:
    """Open the database, bring it up to date and connect the channels.

    Raises:
        SettingsRefused, DatabaseRefused, ConnectorRefused: each says what to mend.
    """
    settings = read_settings() if settings is None else settings
    make_home(settings.home)
    secret = secret_of(settings)
    database = open_and_migrate(settings)
    refuse_a_standby(database)
    refuse_another_time(database, clock)
    tune_python()
    return System(
        database=database,
        shelf=Shelf(),
        connectors=connect(settings),
        links=links_of(settings, secret),
        pepper=secret.derived("addresses"),
        clock=clock,
        worker=f"{socket.gethostname()}-{os.getpid()}",
        task_tools=make_tools(settings.environment, clock),
        forgetters=make_forgetters(settings.environment, clock),
        pullers=make_pullers(settings.environment, clock),
        trouble=Agreement(database, clock).trouble,
    )


def tune_python() -> None:
    """Set Python's garbage collector and its threads to work in batches.

    A batch makes a hundred thousand rows, none of them in a circle; looking at all that is loaded
    again and again meanwhile would take a tenth of its time. So Python looks for garbage less
    often, and never again in what is loaded by now. And whoever comes back from the database gets
    its turn soon: the thread that computes meanwhile would keep it for 5 ms.
    """
    sys.setswitchinterval(_TURN.total_seconds())
    gc.collect()
    gc.freeze()
    # In the end all is looked at, or modules that count their objects say that some are left.
    atexit.register(gc.unfreeze)
    gc.set_threshold(_NEW_OBJECTS, 10, 10)


def secret_of(settings: Settings) -> Secret:
    """Give the secret of this installation: the environment's, or the one kept in `home`."""
    make_home(settings.home)
    return Secret(settings.secret) if settings.secret else secret_in(settings.home)


def open_and_migrate(settings: Settings) -> Database:
    """Open the database and bring its tables up to date."""
    make_home(settings.home)
    database = open_database(settings.database_url)
    migrate(database)
    return database


def links_of(settings: Settings, secret: Secret) -> Links:
    """Give the maker of links in messages."""
    return Links(settings.public_url, {0: secret.derived("links")}, signing=0)


def sources_of(settings: Settings) -> Mapping[str, Source]:
    """Make every source; one whose secret is not set can prove no call, and takes none."""
    return {name: make_source(name, settings.environment, clock) for name in SOURCES}


def provider_of(settings: Settings) -> IdentityProvider | None:
    """Give the identity provider that people sign in with; None where none is named."""
    wanted = read_oidc(settings.environment)
    back = f"{settings.public_url}/sign-in/provider/back"
    return None if wanted is None else IdentityProvider(wanted, back)


def connect(settings: Settings) -> Mapping[Channel, Connector]:
    """Make the connector of every channel, one for all channels that name the same."""
    made: dict[str, Connector] = {}
    roads: dict[Channel, Connector] = {}
    for channel, name in settings.connectors.items():
        if name not in made:
            made[name] = make(
                name, settings.environment, clock=clock, public_url=settings.public_url
            )
        if channel not in made[name].channels:
            able = ", ".join(sorted(made[name].channels))
            raise ConnectorRefused(f"{name} cannot send by {channel}; it is for {able}.")
        roads[channel] = made[name]
    return roads
