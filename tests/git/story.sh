#!/usr/bin/env bash
# Plays the whole story of a change in a git repository of its own: a branch, a broken change that
# is caught, mended, planned, merged, applied, and rolled back.
#
#   PATH="$PWD/.venv/bin:$PATH" tests/git/story.sh FOLDER
#
# FOLDER is made, and holds all of it: the repository and the database.
set -euo pipefail

home=$1
mkdir -p "$home"
export KEEPWARM_HOME="$home/data" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset KEEPWARM_PLAYBOOKS KEEPWARM_DATABASE_URL
# Called from a hook of git's own, these would lead to another repository.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

told=$home/told

# expects CODE COMMAND...: runs a command that should exit so; what it says goes to $told.
expects() {
    local wanted=$1 code=0
    shift
    "$@" >"$told" 2>&1 || code=$?
    if [ "$code" != "$wanted" ]; then
        echo "FAILED: $* exited with $code, not $wanted, and said:" >&2
        cat "$told" >&2
        exit 1
    fi
}

# says TEXT: the last command said it.
says() {
    if ! grep -qF -- "$1" "$told"; then
        echo "FAILED: \"$1\" was not said. What was:" >&2
        cat "$told" >&2
        exit 1
    fi
}

# planned: the name of the plan that the last command told of.
planned() { sed -nE 's/^(Apply with: |.*`)keepwarm apply ([0-9a-f]{10}).*/\2/p' "$told" | head -n 1; }

commit() { git add --all && git -c user.name=Ann -c user.email=ann@acme.example commit -q -m "$1"; }
merge() {
    git checkout -q main
    git -c user.name=Bea -c user.email=bea@acme.example merge -q --no-ff -m "Merge $1" "$1"
}

step() { echo "story: $*"; }

step "a repository of playbooks, and its first release"
expects 0 keepwarm init "$home/shop"
cd "$home/shop"
git init -q -b main
sed -i.bak 's/^status: shadow.*/status: live/' playbooks/*.yaml && rm playbooks/*.bak
cat >>playbooks/policies.yaml <<'END'
approvers: {money: ann@company.example}
END
commit "Playbooks"
expects 0 keepwarm apply --by ann
says "Applied, as release 1."

step "customers, and what they did in the last month"
python - <<'END' >people.csv
print("customer_id,email,email_consent,sms_consent,phone,plan,timezone,monthly_revenue")
for n in range(20):
    print(f"c{n:02},c{n:02}@example.com,yes,yes,+316123456{n:02},pro,Europe/Amsterdam,{n * 30}")
END
python - <<'END' >events.csv
from datetime import UTC, datetime, timedelta

print("customer,event,at,invoice,amount")
for n in range(20):
    at = datetime.now(UTC) - timedelta(days=25) + timedelta(hours=n)
    print(f"c{n:02},payment_failed,{at.isoformat()},INV-{n},{n * 30}")
END
expects 0 keepwarm import customers people.csv
expects 0 keepwarm import events events.csv
says "20 new events"
rm people.csv events.csv

step "a branch with a broken change, which is caught"
git checkout -q -b sooner
sed -i.bak 's/- wait: 3 days/- wait: 2 dayz/; s/billing\/second-reminder/billing\/second-remindr/' \
    playbooks/failed-payment.yaml && rm playbooks/*.bak
commit "Remind sooner"
expects 1 keepwarm check
says 'failed-payment.yaml:18:11'
says 'did you mean "2 days"'
says 'did you mean "billing/second-reminder"'
expects 1 keepwarm plan
says "There is no plan."
expects 1 keepwarm apply
says "Nothing was applied."

step "mended, tested and planned"
sed -i.bak 's/2 dayz/2 days/; s/second-remindr/second-reminder/' playbooks/failed-payment.yaml
rm playbooks/*.bak
expects 1 keepwarm test failed-payment # the stories still expect the third day
says "expected at day 3 10:00"
sed -i.bak 's/day 3 10:00/day 2 10:00/; s/day 5 10:00/day 4 10:00/; s/day 5 12:00/day 4 12:00/' \
    playbooks/failed-payment.test.yaml && rm playbooks/*.bak
expects 0 keepwarm check
expects 0 keepwarm test failed-payment
commit "Remind on the second day, with its stories"
expects 2 keepwarm plan --format markdown
says "<!-- keepwarm plan -->"
says "wait: 3 days -> 2 days"
says '20 customers would have got: '
says '```mermaid'
says "release 1 is live"
plan=$(planned)
[ -n "$plan" ]

step "a comment more leaves the plan as it is"
sed -i.bak 's/- wait: 2 days/- wait: 2 days                  # was three/' playbooks/failed-payment.yaml
rm playbooks/*.bak
commit "Say why"

step "merged and applied, by a pipeline that knows only the content"
merge sooner
expects 0 keepwarm apply --planned --by ci --note "merge of sooner"
says "Applied, as release 2."
expects 1 keepwarm apply "$plan"
says "was applied already, as release 2"

step "a change of money needs a name"
git checkout -q -b generous
sed -i.bak 's/expires: in 14 days/expires: in 30 days/' playbooks/win-back.yaml && rm playbooks/*.bak
commit "More time for the offer"
expects 2 keepwarm plan --no-replay
says "money: ann@company.example"
plan=$(planned)
merge generous
expects 1 keepwarm apply --planned --by ci
says "plan $plan needs a name for"
expects 1 keepwarm apply "$plan" --approved-by mallory@company.example
says "mallory@company.example may not approve any of this."
expects 0 keepwarm apply "$plan" --approved-by ann@company.example --by ann
says "Applied, as release 3."

step "two branches at once: the second plan is stale after the first is merged"
git checkout -q -b one
sed -i.bak 's/- wait: 2 days  /- wait: 4 days  /' playbooks/failed-payment.yaml && rm playbooks/*.bak
commit "One"
expects 2 keepwarm plan --no-replay
git checkout -q -b two main
sed -i.bak 's/^title: .*/title: Another title/' playbooks/welcome.yaml && rm playbooks/*.bak
commit "Two"
merge one
expects 0 keepwarm apply --planned --by ci
merge two
expects 1 keepwarm apply --planned --by ci
says "Nobody planned what this folder says against release 4"

step "rolled back"
expects 0 keepwarm rollback --by ann --reason "too many questions" --to 1
says "Release 1 is live again"
expects 0 keepwarm releases
says 'back to release 1, by ann: "too many questions"'
says "approved by ann@company.example"
expects 2 keepwarm plan --no-replay
says "release 1 is live"
echo "story: all of it came true"
