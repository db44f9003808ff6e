"""Where Prefect's own workers and `prefect deploy` come in: says how a process makes its system.

Importing it makes the worker type `keepwarm` known, and gives the flows of every deployment.
"""

from keepwarm.flows.prefect.playbook_run import run_playbook
from keepwarm.flows.prefect.pull_run import pull_source
from keepwarm.flows.prefect.syncing import register, sync
from keepwarm.flows.prefect.worker import WarmWorker
from keepwarm.flows.prefect.workshop import use
from keepwarm.flows.system import System

__all__ = ["WarmWorker", "pull_source", "register", "run_playbook", "sync"]


def _make_system() -> System:
    # Only when a run needs it: Prefect's server imports this module too, to learn of the worker.
    from keepwarm.app.wiring import make_system

    return make_system()


use(_make_system)
