# What the scripts by-hand.sh of the examples share. They read it; it does nothing when run.
# shellcheck shell=bash
#
# Each of them expects a simulated AWS that holds the world of its example and nothing else:
#
#   npx isthmus simulate --world examples/two-vpcs/world.yaml --speed 60
#
# In the simulated AWS an access key of twelve digits belongs to the account of that id, so that no other key is needed.
set -euo pipefail

export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}
export AWS_SECRET_ACCESS_KEY=x AWS_PAGER='' AWS_DEFAULT_OUTPUT=text AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN

# Runs a command as another account:   as 222233334444 aws ec2 describe-vpcs
as() {
  local AWS_ACCESS_KEY_ID=$1
  export AWS_ACCESS_KEY_ID
  shift
  "$@"
}

# Runs a command on an instance, named by its tag Name or by its id:   on A ping -c 1 10.0.0.1
# ISTHMUS is how the command isthmus is started.
on() {
  local instance=$1
  shift
  ${ISTHMUS:-npx isthmus} simulate exec --endpoint "$AWS_ENDPOINT_URL" "$instance" -- "$@"
}

# What `traceroute` shows between an instance and an address, a hop a line:   hops A 10.0.0.1
hops() { on "$1" traceroute -I -n "$2" | awk 'NR > 1 { print $1, $2 }'; }

# A heading over the commands that follow.
step() { printf '\n%s\n' "$1"; }

# It is as the sentence says if the command succeeds:   holds 'A reaches C' on A ping -c 1 10.0.0.1
holds() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    proved "$sentence"
  else
    disproved "$sentence" "$*" "$said"
  fi
}

# It is as the sentence says if the command fails, and says the given words where there are some:
#   refused 'too early' 'InvalidGroup.NotFound' aws ec2 authorize-security-group-ingress …
refused() {
  local sentence=$1 words=$2 said
  shift 2
  if said=$("$@" 2>&1); then
    disproved "$sentence" "$*" "$said"
  elif [[ $said != *"$words"* ]]; then
    disproved "$sentence" "$*" "it should have said “$words”, but said: $said"
  else
    proved "$sentence"
  fi
}

# It is as the sentence says if what the command prints is this:   shows 'one hop' 10.0.0.1 on A …
# Words and lines are told apart, but not by how much space there is between them.
shows() {
  local sentence=$1 wanted=$2 said
  shift 2
  said=$("$@") || disproved "$sentence" "$*" "$said"
  # shellcheck disable=SC2086
  if [[ "$(echo $said)" == "$(echo $wanted)" ]]; then
    proved "$sentence"
  else
    disproved "$sentence" "$*" "it should have printed “$wanted”, but printed: $said"
  fi
}

proved() { printf '  ✓ %s\n' "$1"; }

disproved() {
  printf '  ✗ %s\n    %s\n%s\n' "$1" "$2" "$3" >&2
  exit 1
}

# Asks again until the answer is the wanted one:   until_shows active aws ec2 describe-… --query …
# Many things in AWS take a while and have no waiter in its CLI.
until_shows() {
  local wanted=$1 said=
  shift
  for ((asked = 0; asked < 120; asked++)); do
    said=$("$@" 2>/dev/null || true)
    [[ $said == "$wanted" ]] && return
    sleep 1
  done
  disproved "“$wanted” in time" "$*" "$("$@" 2>&1)"
}

# Asks again until AWS knows no such thing any more, by the code of its error.
until_gone() {
  local code=$1 said=
  shift
  for ((asked = 0; asked < 120; asked++)); do
    said=$("$@" 2>&1 || true)
    [[ $said == *"$code"* ]] && return
    sleep 1
  done
  disproved "gone in time ($code)" "$*" "$said"
}

# The id of the one thing that has this name:   id_of vpc peering_test_1
id_of() {
  local id
  id=$(aws ec2 describe-tags --filters "Name=resource-type,Values=$1" "Name=key,Values=Name" "Name=value,Values=$2" --query 'Tags[].ResourceId')
  if [[ -z $id || $id == *[[:space:]]* ]]; then
    echo "there must be one $1 of the name $2 here, but there is: ${id:-none}; was the simulator started with the world of this example?" >&2
    exit 1
  fi
  echo "$id"
}
