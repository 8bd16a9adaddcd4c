# shellcheck shell=bash
# What the scripts share. Sourced, never run: it stands in the repository's root
# afterwards, knows the caches and finds the Go that script/setup may have got.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit 1

SPIRE_VERSION=1.13.3
# The oldest Go that builds that SPIRE, and the one fetched where there is none.
GO_NEEDED=1.25.3
GO_FETCHED=1.26.6

cache="${XDG_CACHE_HOME:-$HOME/.cache}/svidence"
cached_go="$cache/go-$GO_FETCHED/go/bin"

# Progress: who, seconds since the script began, what.
say() { printf '%s: [%4ds] %s\n' "$(basename "$0")" "$SECONDS" "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit "${2:-1}"; }

# The comment at the head of the calling script, as its help.
show_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "need root to run '$*', and there is no sudo: run it as root, then this again"
  fi
}

# Is the `go` on PATH, without fetching another, new enough for SPIRE?
go_is_enough() {
  local version
  version="$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)" || return 1
  [[ "$(printf '%s\n' "$GO_NEEDED" "${version#go}" | sort -V | head -n 1)" == "$GO_NEEDED" ]]
}

if ! go_is_enough && [[ -x "$cached_go/go" ]]; then
  PATH="$cached_go:$PATH"
fi
export GOTOOLCHAIN=local

# Where spire-server and spire-agent are, or will be after script/setup.
spire_bin() { printf '%s\n' "${SVIDENCE_SPIRE_BIN:-$cache/spire-$SPIRE_VERSION}"; }
