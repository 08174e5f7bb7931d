#!/bin/sh
# Give an image that is in a registry one more tag: scripts/tag_image.sh [--once] NAME@sha256:… TAG
# Nothing is built or changed; --once refuses to move a tag that names another image.
set -eu

once=
if [ "${1:-}" = --once ]; then once=yes && shift; fi
image="$1" tag="$2" name="${1%@*}" digest="${1#*@}"

digest_of() {
  docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}' 2>/dev/null
}

if [ -n "$once" ] && there="$(digest_of "$name:$tag")" && [ "$there" != "$digest" ]; then
  echo "::error::$name:$tag is $there already, not $digest."
  exit 1
fi
docker buildx imagetools create --tag "$name:$tag" "$image"
there="$(digest_of "$name:$tag")"
if [ "$there" != "$digest" ]; then
  echo "::error::$name:$tag became $there, not $digest."
  exit 1
fi
echo "$name:$tag is $digest"
