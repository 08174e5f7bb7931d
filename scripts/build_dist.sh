#!/bin/sh
# What a release carries beside its image: scripts/build_dist.sh DIRECTORY
# The sdist, the wheel, the locked dependencies to install it with, and the digests of these. The same commit gives the
# same bytes. Of all that is locked only what builds is installed, in a place of its own.
set -eu

mkdir -p "$1"
out="$(cd "$1" && pwd)"
cd "$(dirname "$0")/.."
version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' bot/__init__.py)"
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT

# a dependency that hatchling has and this line has not is no hash to pip: it stops
awk '/^[a-z]/ { on = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } on' requirements/dev.txt > "$tools/build.txt"
python3 -m venv "$tools/venv"
"$tools/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
  --require-hashes -r "$tools/build.txt"
"$tools/venv/bin/hatchling" build --directory "$out"

cp requirements/runtime.txt "$out/altpress-$version-requirements.txt"
cd "$out"
for file in "altpress-$version.tar.gz" "altpress-$version-py3-none-any.whl"; do
  if [ ! -f "$file" ]; then
    echo "::error::$file was not built: pyproject.toml and bot/__init__.py must name one version."
    exit 1
  fi
done
sha256sum -- "altpress-$version"* > SHA256SUMS
cat SHA256SUMS
