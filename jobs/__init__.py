"""What workers run: the functions that `bot/enqueue/table.py` names, and what these are made of.

- around every job: `runner`, `trace` (for whom), `patience` (when again)
- a release becomes records: `ingest`, `scan`, `ready`, `reread`, `rebuild`; `reading`, `opening`,
  `readiness`, `records`, `access`
- records become a commit: `publish`, `due`, `pulled`; `desired`, `commits`, `proposal`, `pictures`, `causes`,
  `writes`; then `live`, `times`
- a site's branch: `sync`; `branch`, `sites`, `lockfile`, `edits`
- pull requests of others: `catalog_pull`; `pull_review`
- commands in comments: `command`; `thread`, `world`, `roles`, `deciding`, `asked`, `outcomes`, `recovered`,
  `preview`, `retry`, `waiting`
- what people are told: `report`; `notify`, `outbox`, `announce`, `remarks`, `standing`, `site_issue`,
  `troubles`, `alarms`, `over`
- what nobody asked for: `sweep`, `backup`, `catch_up`; `ledger`, `redelivery`, `attempts`, `failures`,
  `silence`, `certificate`
- a database that was lost, for the command line: `refill`, `refill_site`, `remembered`, `restored`
"""
