"""What `altpress doctor` looks at, by the codes of its findings. No I/O.

A code stays what it is: programs read it (`--json`). docs/doctor.md has the same table, held by a test.
"""

from collections.abc import Mapping

# code -> (what is looked at, what it means when it is not well)
CODES: Mapping[str, tuple[str, str]] = {
    "versions": ("Python and the packages that altpress needs", "install altpress again"),
    "settings.values": ("each setting can be read", "the variable that is named holds what it may not"),
    "settings.required": ("the webhook secret, an App or a token", "altpress does not start without them"),
    "settings.unknown": ("variables `ALTPRESS_…` that no setting has", "a typing error, mostly"),
    "settings.secrets": ("the length of the webhook secrets", "a short one can be guessed"),
    "files.modes": ("who may read the data directory and files of secrets", "others on this machine may"),
    "files.writable": ("the data directory can be written to", "nothing can be kept there"),
    "files.room": ("room on the disks of the data directory and of temporary files", "there is not enough"),
    "processes": ("`altpress up` runs on the data directory", "its stores cannot be looked at"),
    "mongodb": ("MongoDB answers, and lets altpress in", "webhooks are refused with 503"),
    "mongodb.version": ("its version", "it is too old for what altpress asks"),
    "mongodb.safety": ("it keeps what it acknowledged", "a write may be lost when a member fails"),
    "mongodb.clock": ("its clock", "the ages in the ledger are wrong"),
    "migrations": ("the database has the shape of this version", "`altpress migrate` was not run"),
    "deliveries.failed": ("deliveries whose work failed", "a release, comment or push has had no effect"),
    "deliveries.pending": ("deliveries wait to be routed", "no scheduler routes them"),
    "redis": ("Redis answers, and lets altpress in", "webhooks are stored, and nothing follows"),
    "redis.version": ("its version", "it is too old for the queue"),
    "redis.safety": ("it never throws queued work away, is a primary, no cluster", "work would be lost"),
    "redis.durability": ("it keeps an append-only file", "work waits for the sweep after a crash of Redis"),
    "redis.clock": ("its clock", "delayed work and leases come early or late"),
    "workers": ("a worker was heard of in the last minute", "work is queued, and nobody does it"),
    "scheduler": ("a scheduler leads", "webhooks are stored, and nothing follows"),
    "web": ("the web process on this machine is ready", "it does not run, or lacks something"),
    "public": ("`ALTPRESS_PUBLIC_URL` leads to altpress, from here", "links in replies lead nowhere"),
    "public.certificate": ("its certificate holds for two more weeks", "GitHub will refuse to deliver"),
    "ci": ("the keys that sign the tokens of CI jobs", "`/hooks/ready` refuses everybody"),
    "clock": ("this machine's clock, against GitHub's", "signing in as an App fails"),
    "github": ("GitHub answers, and takes the credentials", "nothing can be read or published"),
    "token": ("the token's user and its end", "it ends soon"),
    "token.rights": ("what the token may do at each site", "what it lacks, altpress cannot do there"),
    "app.rights": ("the permissions and events that the App asks for", "it was made without them"),
    "app.installed": ("where the App is installed", "it sees nothing there"),
    "installation.rights": ("what each installation granted", "an owner has to accept what the App asks for"),
    "installation.teams": ("it may ask who is in `ALTPRESS_COMMAND_TEAMS`", "they count for nothing"),
    "sites": ("at least one site is found", "there is no catalog where altpress looks"),
    "site": ("each site's catalog is there and valid", "nothing is published"),
    "site.branch": ("whether the site's branch is protected", "changes are proposed as a pull request"),
    "app": ("each app's repository: there, allowed, heard of", "its releases are not, or late, published"),
    "hook": ("each webhook is there and active", "what happens is noticed late, by the sweep"),
    "hook.address": ("where it leads", "not to altpress"),
    "hook.events": ("the events that it sends", "those are noticed late, or not at all"),
    "hook.certificate": ("it checks altpress's certificate", "payloads could be read on their way"),
    "hook.deliveries": ("what became of its last deliveries", "they did not arrive, or were refused"),
}  # fmt: skip
