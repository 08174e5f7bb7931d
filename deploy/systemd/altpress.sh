#!/bin/sh
# `sudo altpress doctor`, and whatever else is done by hand: as altpress's user, with the settings and secrets of
# its units, which a plain `sudo -u altpress` has not. Goes to /usr/local/sbin/altpress.
exec systemd-run --quiet --collect --wait --pipe \
    --property=User=altpress --property=UMask=0077 --property=WorkingDirectory=/var/lib/altpress \
    --property=EnvironmentFile=/etc/altpress/altpress.env \
    --property=BindReadOnlyPaths=-/etc/altpress/secrets:/run/secrets/altpress \
    --setenv=TMPDIR=/var/lib/altpress/spool --setenv=ALTPRESS_DATA_DIR=/var/lib/altpress/data \
    /opt/altpress/bin/altpress "$@"
