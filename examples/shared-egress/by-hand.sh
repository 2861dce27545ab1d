#!/usr/bin/env bash
# Many projects, one way out, by hand: four VPCs that all use 10.0.0.0/16 reach the internet through the proxies of a fifth,
# which uses it too.
#
#   npx isthmus simulate --world examples/shared-egress/world.yaml --speed 60     # in one terminal
#   examples/shared-egress/by-hand.sh                                            # in another
source "$(dirname "${BASH_SOURCE[0]}")/../by-hand.sh"

export AWS_DEFAULT_REGION=us-west-2
provider() { as 111122223333 "$@"; }
# Each project with its account; the last one is outside the organization.
projects='1 2 3 4'
account_of() {
  case $1 in
    1 | 2) echo 222233334444 ;;
    3) echo 333344445555 ;;
    4) echo 444455556666 ;;
  esac
}
project() {
  local account
  account=$(account_of "$1")
  shift
  as "$account" "$@"
}

# All that the steps below may change.
picture_of_account() {
  aws vpc-lattice list-resource-gateways --query 'items[].id'
  aws vpc-lattice list-resource-configurations --query 'items[].id'
  aws ram get-resource-shares --resource-owner SELF --query 'resourceShares[?status!=`DELETED`].name'
  aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].VpcEndpointId'
  aws ec2 describe-security-groups --query 'sort_by(SecurityGroups,&GroupId)[].[GroupId,GroupName]'
  aws ec2 describe-network-interfaces --query 'sort_by(NetworkInterfaces,&NetworkInterfaceId)[].NetworkInterfaceId'
  aws route53 list-hosted-zones --query 'HostedZones[].[Id,ResourceRecordSetCount]'
}
picture() {
  for account in 111122223333 222233334444 333344445555 444455556666; do as "$account" picture_of_account; done
}
untouched=$(picture)

vpc=$(provider id_of vpc egress)
private_a=$(provider id_of subnet private-a)
private_b=$(provider id_of subnet private-b)
squid_group=$(provider aws ec2 describe-security-groups --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=squid --query 'SecurityGroups[].GroupId')

# What an instance gets of a page, by the proxy or without it: the HTTP status.
by_proxy() { on "$1" curl -sS -m 10 -o /dev/null -w '%{http_code}' -x http://proxy.egress.internal:3128 "$2"; }
directly() { on "$1" curl -sS -m 3 -o /dev/null -w '%{http_code}' "$2"; }

step 'Five VPCs of the same CIDR, and one of them with a way out'
for proxy in squid-a squid-b; do
  shows "before: $proxy reaches the internet, through the NAT gateway of its zone" 200 directly "$proxy" https://example.com/
done
for n in $projects; do
  refused "before: project $n does not" 'timed out' directly "app-$n" https://example.com/
  refused "before: project $n knows of no proxy" 'Could not resolve proxy' by_proxy "app-$n" https://example.com/
done
# A request for a peering is taken, and fails a moment later.
peering=$(provider aws ec2 create-vpc-peering-connection --vpc-id "$vpc" --peer-owner-id 222233334444 \
  --peer-vpc-id "$(project 1 id_of vpc project-1)" --query VpcPeeringConnection.VpcPeeringConnectionId)
provider until_shows failed aws ec2 describe-vpc-peering-connections --vpc-peering-connection-ids "$peering" --query 'VpcPeeringConnections[].Status.Code'
proved 'VPCs of the same CIDR cannot be peered'

step 'The provider: a resource gateway beside the proxies, in both zones'
gateway_group=$(provider aws ec2 create-security-group --group-name egress-gateway --description 'Resource gateway of the proxies' --vpc-id "$vpc" --query GroupId)
# By itself a new group lets everything out: the gateway is to reach the proxies, and nothing else of the VPC.
provider aws ec2 revoke-security-group-egress --group-id "$gateway_group" --ip-permissions 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]' >/dev/null
provider aws ec2 authorize-security-group-egress --group-id "$gateway_group" \
  --ip-permissions "IpProtocol=tcp,FromPort=3128,ToPort=3128,UserIdGroupPairs=[{GroupId=$squid_group}]" >/dev/null
# squid.internal is a name of a private zone: the gateway has to ask the DNS server of its VPC.
gateway=$(provider aws vpc-lattice create-resource-gateway --name egress-gateway --vpc-identifier "$vpc" --subnet-ids "$private_a" "$private_b" \
  --security-group-ids "$gateway_group" --resource-config-dns-resolution IN_VPC --query id)
provider until_shows ACTIVE aws vpc-lattice get-resource-gateway --resource-gateway-identifier "$gateway" --query status
configuration=$(provider aws vpc-lattice create-resource-configuration --name egress-proxy --type SINGLE --port-ranges 3128 --protocol TCP \
  --resource-gateway-identifier "$gateway" --no-allow-association-to-shareable-service-network \
  --resource-configuration-definition 'dnsResource={domainName=squid.internal,ipAddressType=IPV4}' --query id)
provider until_shows ACTIVE aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration" --query status
arn=$(provider aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration" --query arn)
proved "$configuration leads to squid.internal, tcp/3128, through $gateway"

step 'The provider shares it'
share=$(provider aws ram create-resource-share --name egress-proxy --resource-arns "$arn" \
  --principals 222233334444 333344445555 444455556666 --query resourceShare.resourceShareArn)
in_sight() { aws vpc-lattice list-resource-configurations --query 'items[].id'; }
project 1 until_shows "$configuration" in_sight
project 3 until_shows "$configuration" in_sight
proved 'within the organization it is in sight without further ado'
invitations() {
  aws ram get-resource-share-invitations --resource-share-arns "$share" --query "resourceShareInvitations[?status=='PENDING'].resourceShareInvitationArn"
}
invited() { invitations | grep -c invitation || true; }
shows 'for which nobody was asked' '0' project 1 invited
project 4 until_shows 1 invited
shows 'outside of it an invitation has come, and nothing is in sight' '' project 4 in_sight
project 4 aws ram accept-resource-share-invitation --resource-share-invitation-arn "$(project 4 invitations)" >/dev/null
project 4 until_shows "$configuration" in_sight
proved 'the invitation is accepted: now it is'

step 'Each project: a Resource endpoint, and the one name that is the same everywhere'
# Makes an endpoint and a zone in the project's VPC, and leaves their ids in files of the folder $made.
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
attach() {
  local n=$1 project_vpc group endpoint association zone
  project_vpc=$(id_of vpc "project-$n")
  group=$(aws ec2 create-security-group --group-name egress-endpoint --description 'Proxy requests from the VPC' --vpc-id "$project_vpc" --query GroupId)
  aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 3128 --cidr 10.0.0.0/16 >/dev/null
  # shellcheck disable=SC2046
  endpoint=$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Resource --resource-configuration-arn "$arn" --vpc-id "$project_vpc" \
    --subnet-ids $(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$project_vpc" --query 'Subnets[].SubnetId') \
    --security-group-ids "$group" --query VpcEndpoint.VpcEndpointId)
  until_shows available aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$endpoint" --query 'VpcEndpoints[].State'
  # Its own name is long and differs from project to project. A private zone of exactly one name hides no other name from the VPC.
  zone=$(aws route53 create-hosted-zone --name proxy.egress.internal --caller-reference "by-hand-$endpoint" \
    --vpc "VPCRegion=us-west-2,VPCId=$project_vpc" --query HostedZone.Id)
  association=$(aws ec2 describe-vpc-endpoint-associations --vpc-endpoint-ids "$endpoint" --query 'VpcEndpointAssociations[].DnsEntry.[DnsName,HostedZoneId]')
  change_alias CREATE "$zone" $association
  echo "$group $endpoint $zone $association" >"$made/$n"
}
# An alias is right at the top of a zone, where a CNAME is not allowed:   change_alias CREATE <zone> <DNS name> <its zone>
change_alias() {
  local change
  change=$(aws route53 change-resource-record-sets --hosted-zone-id "$2" --query ChangeInfo.Id --change-batch "{\"Changes\":[{\"Action\":\"$1\",
    \"ResourceRecordSet\":{\"Name\":\"proxy.egress.internal\",\"Type\":\"A\",
      \"AliasTarget\":{\"DNSName\":\"$3\",\"HostedZoneId\":\"$4\",\"EvaluateTargetHealth\":false}}}]}")
  aws route53 wait resource-record-sets-changed --id "$change"
}
for n in $projects; do
  project "$n" attach "$n"
  read -r _ endpoint zone _ <"$made/$n"
  proved "project $n has $endpoint and ${zone#/hostedzone/}"
done

step 'What came of it'
endpoint_addresses() {
  aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$(cut -d ' ' -f 1 "$made/$1")" --query "join(' ', sort(NetworkInterfaces[].PrivateIpAddress))"
}
proxy_addresses() { on "app-$1" dig +short proxy.egress.internal | LC_ALL=C sort; }
for n in $projects; do
  addresses=$(project "$n" endpoint_addresses "$n")
  shows "after: proxy.egress.internal is $addresses in project $n, one address of each zone" "$addresses" proxy_addresses "$n"
  shows "after: project $n reaches the internet through the proxy" 200 by_proxy "app-$n" https://example.com/
  refused 'and in no other way' 'timed out' directly "app-$n" https://example.com/
done
refused 'the endpoint takes nothing but proxy requests' 'timed out' on app-1 curl -sS -m 3 http://proxy.egress.internal:22/
refused 'a project does not reach the proxies themselves' '100% packet loss' on app-1 ping -c 1 10.0.10.10
refused 'nor another project' '100% packet loss' on app-1 ping -c 1 10.0.23.10
refused 'and nobody gets in: the proxies do not reach a project' '100% packet loss' on squid-a ping -c 1 10.0.21.10
for address in $(project 1 endpoint_addresses 1); do
  refused "nor its endpoint at $address" '100% packet loss' on squid-a ping -c 1 "$address"
done

step 'Take it all down again, from the projects to the gateway'
detach() {
  local group endpoint zone name name_zone
  read -r group endpoint zone name name_zone <"$made/$1"
  change_alias DELETE "$zone" "$name" "$name_zone"
  aws route53 delete-hosted-zone --id "$zone" >/dev/null
  aws ec2 delete-vpc-endpoints --vpc-endpoint-ids "$endpoint" >/dev/null
  until_gone InvalidVpcEndpointId.NotFound aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$endpoint"
  no_interface_holds "$group"
  aws ec2 delete-security-group --group-id "$group" >/dev/null
}
# Network interfaces outlive what they were made for a little, and hold its group.
no_interface_holds() { until_shows '' aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$1" --query 'NetworkInterfaces[].NetworkInterfaceId'; }
for n in $projects; do
  project "$n" detach "$n"
  refused "project $n knows of no proxy any more" 'Could not resolve proxy' by_proxy "app-$n" https://example.com/
done
provider aws ram delete-resource-share --resource-share-arn "$share" >/dev/null
provider aws vpc-lattice delete-resource-configuration --resource-configuration-identifier "$configuration"
provider until_gone ResourceNotFoundException aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration"
provider aws vpc-lattice delete-resource-gateway --resource-gateway-identifier "$gateway" >/dev/null
provider until_gone ResourceNotFoundException aws vpc-lattice get-resource-gateway --resource-gateway-identifier "$gateway"
provider no_interface_holds "$gateway_group"
provider aws ec2 delete-security-group --group-id "$gateway_group" >/dev/null
provider until_shows DELETED aws ram get-resource-shares --resource-owner SELF --resource-share-arns "$share" --query 'resourceShares[].status'
shows 'gateways, configurations, shares, endpoints, zones, groups and interfaces are as they were: nothing is left' "$untouched" picture
