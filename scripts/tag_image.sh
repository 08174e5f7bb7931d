#!/bin/sh
# Give an image that is in a registry one more tag: scripts/tag_image.sh [--once] NAME@sha256:… TAG
# Nothing is built or changed; --once refuses to move a tag that names another image.
set -eu

once=
if [ "${1:-}" = --once ]; then once=yes && shift; fi
image="$1" tag="$2" name="${1%@*}" digest="${1#*@}"

digest_of() {
  docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}'
}

# "not found" alone means that there is none: a registry that is away must not move a version
if [ -n "$once" ]; then
  there="$(digest_of "$name:$tag" 2>&1)" || case "$there" in
    *"not found"*) there="$digest" ;;
    *) there="unknown ($there)" ;;
  esac
  if [ "$there" != "$digest" ]; then
    echo "::error::$name:$tag is $there already, not $digest."
    exit 1
  fi
fi
docker buildx imagetools create --tag "$name:$tag" "$image"
there="$(digest_of "$name:$tag")"
if [ "$there" != "$digest" ]; then
  echo "::error::$name:$tag became $there, not $digest."
  exit 1
fi
echo "$name:$tag is $digest"
