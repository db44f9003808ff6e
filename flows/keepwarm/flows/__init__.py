"""Work in batches: taking in, letting in, deciding, sending. Only `prefect` here knows Prefect."""
