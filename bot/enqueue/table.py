"""No I/O. The jobs that there are: a new one is a line here and a function in `jobs`."""

JOBS: dict[str, str] = {
    "ingest": "jobs.ingest.ingest_release",
    "scan": "jobs.scan.scan_app",
    "look": "jobs.scan.look_at_repository",
    "ready": "jobs.ready.take_ready",
    "publish": "jobs.publish.publish_site",
    "proposal": "jobs.pulled.follow_pull",
    "catalog-pull": "jobs.catalog_pull.check_pull",
    "catalog-checks": "jobs.catalog_pull.check_again",
    "command": "jobs.command.run_comment",
    "live": "jobs.live.check_live",
    "rebuild": "jobs.rebuild.rebuild_apps",
    "reread": "jobs.reread.reread_release",
    "report": "jobs.report.report_site",
    "due": "jobs.due.publish_due",
    "sync": "jobs.sync.sync_site",
    "sweep": "jobs.sweep.sweep",
    "backup": "jobs.backup.back_up",
    "catch-up": "jobs.catch_up.catch_up",
}
FRONT = frozenset({"publish", "command", "ready", "rebuild"})  # a person waits for these
