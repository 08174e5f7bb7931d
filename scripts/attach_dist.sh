#!/bin/sh
# Attach what scripts/build_dist.sh made to a release: scripts/attach_dist.sh DIRECTORY TAG
# The digests come last: where they are, all is there. A second run finds the same bytes, or stops.
set -eu

cd "$1"
tag="$2"
there="$(gh release view "$tag" --json assets --jq '.assets[].name')"
if printf '%s\n' "$there" | grep -qx SHA256SUMS; then
  if gh release download "$tag" --pattern SHA256SUMS --output - | cmp -s - SHA256SUMS; then
    echo "$tag carries these files already"
    exit 0
  fi
  echo "::error::$tag carries other files already: they stay."
  exit 1
fi
gh release upload "$tag" --clobber -- altpress-*
gh release upload "$tag" -- SHA256SUMS
