#!/bin/sh
# The story goes on: a policy with people and their SSH keys, a refused promotion, a test and approvals, a model in
# production, a bad one, the way back, what an auditor sees of it, and a proof of it.
#
# scripts/demo.d/promotion.sh [ARTIFACT]
#
# Works on the store of ARTIFACT_STORE that scripts/demo has filled; without one it makes a small store of its own. The
# page is left as audit.html in ARTIFACT_DEMO_OUT, if that is set.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
artifact=$(realpath "${1:-$here/.build/release/artifact}")
command -v ssh-keygen >/dev/null || { echo "error: ssh-keygen is needed" >&2; exit 1; }
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
export ARTIFACT_ACTOR="${ARTIFACT_ACTOR:-demo}"
unset ARTIFACT_KEY SSH_AUTH_SOCK || true
say() { printf '\n$ artifact %s\n' "$*"; "$artifact" "$@"; }
# A command that must end with a code.
ends() {
  wanted=$1
  shift
  printf '\n$ artifact %s\n' "$*"
  code=0
  "$artifact" "$@" || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "error: it ended with $code, not $wanted" >&2
    exit 1
  fi
}
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
# Times differ by a little, so that every moment lies between two entries.
pause() { sleep 0.05; }

if [ -z "${ARTIFACT_STORE:-}" ]; then
  export XDG_CACHE_HOME="$stage/cache" XDG_STATE_HOME="$stage/state" ARTIFACT_STORE="$stage/store"
  "$artifact" init "$ARTIFACT_STORE"
  mkdir "$stage/project"
  cd "$stage/project"
  mkdir data
  printf 'age,ill\n40,0\n71,1\n' > data/patients.csv
  printf 'mkdir -p out; echo "a model of $1" > out/model; echo auc=0.$1 >> "$ARTIFACT_METRICS"\n' > train.sh
  "$artifact" push data patients --kind dataset
  for auc in 98 99; do
    echo "55,$auc" >> train.log
    "$artifact" run --in patients@1=data --out out=demo/model -- sh train.sh "$auc"
  done
fi
cd "$stage"
before=$(now)
pause

echo
echo "Three people make keys; a policy names them"
for person in ann bob eve; do ssh-keygen -q -t ed25519 -N '' -C "$person@example.org" -f "$stage/$person"; done
{
  echo "policy 1"
  echo "channels dev test prod"
  for person in ann bob eve; do echo "key $person $(cut -d' ' -f1,2 "$stage/$person.pub")"; done
  cat <<RULES
quorum 2 of ann bob eve
channel prod
  lineage complete
  metric auc >= 0.9 on patients
  report test within 30 days
  approvals 2 of ann bob eve within 7 days
  break-glass eve
RULES
} > policy.txt
sed 's/^/  /' policy.txt
say policy check policy.txt
say policy set policy.txt --key ann
proposal=$("$artifact" proposals --json | sed 's/.*"log":\([0-9]*\).*/\1/')
say approve "$proposal" --key bob

echo
echo "Straight to prod? No: one step at a time, and not without a test and approvals"
ends 6 promote demo/model@1 --to prod
say promote demo/model@1 --to dev
say promote demo/model@1 --to test
ends 6 policy test demo/model@1 --to prod

echo
echo "A test; eve asks, ann and bob approve"
printf '{"cases": 143, "failed": 0}\n' > tests.json
say report add demo/model@1 tests.json --kind test --verdict passed --note "143 cases"
say propose demo/model@1 --to prod --key eve --reason "first release"
proposal=$("$artifact" proposals --json | sed 's/.*"log":\([0-9]*\).*/\1/')
say approve "$proposal" --key ann --reason "tests look right"
say approve "$proposal" --key bob
say promote demo/model@1 --to prod
say deploy demo/model@prod --target clinic/scoring
pause
good=$(now)
pause

echo
echo "At night eve breaks the glass for the next model, which nobody has tested. It is bad."
say promote demo/model@2 --to dev
say promote demo/model@2 --to test
ends 6 promote demo/model@2 --to prod
say promote demo/model@2 --to prod --break-glass --key eve --reason "ticket 17: the scanner changed"
say deploy demo/model@prod --target clinic/scoring
pause
bad=$(now)
pause
say rollback demo/model --channel prod --reason "misses every second case"
say deploy demo/model@prod --target clinic/scoring
pause
after=$(now)

echo
echo "The auditor: what was in production before, then, that night, and after?"
ends 0 audit prod --at "$before"
say audit prod --at "$good"
say audit prod --at "$bad"
say audit prod --at "$after" --full
ends 3 audit diff prod "$good" "$bad"
ends 0 audit diff prod "$good" "$after"
say audit who eve
say audit prod --html audit.html
for word in '://' 'src=' 'url(' '<script' '@import'; do
  if grep -qF "$word" audit.html; then
    echo "error: the page holds $word" >&2
    exit 1
  fi
done
grep -q 'BROKEN GLASS' audit.html
echo "One page of $(wc -c < audit.html) bytes, closed in itself."

echo
echo "A proof for somebody who has neither the store nor a network: one file, checked in an empty folder"
say prove demo/model@prod --at "$good" -o model.proof --key ann
mkdir "$stage/empty"
cp model.proof ann.pub "$stage/empty/"
cd "$stage/empty"
(
  unset ARTIFACT_STORE
  export XDG_CACHE_HOME="$stage/empty/cache" XDG_STATE_HOME="$stage/empty/state"
  say verify-proof model.proof --key ann.pub
  sed 's/first release/other release/' model.proof > changed.proof
  printf '\n$ artifact verify-proof changed.proof --key ann.pub\n'
  if "$artifact" verify-proof changed.proof --key ann.pub; then
    echo "error: a changed proof was accepted" >&2
    exit 1
  fi
)
cd "$stage"
if [ -n "${ARTIFACT_DEMO_OUT:-}" ]; then cp audit.html "$ARTIFACT_DEMO_OUT/"; fi
