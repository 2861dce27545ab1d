#!/usr/bin/env bash
# A resource, not a network, by hand: a web server in one account's VPC is reached from another account's, and nothing else is.
#
#   npx isthmus simulate --world examples/resource-endpoint/world.yaml --speed 60     # in one terminal
#   examples/resource-endpoint/by-hand.sh                                            # in another
source "$(dirname "${BASH_SOURCE[0]}")/../by-hand.sh"

export AWS_DEFAULT_REGION=ap-northeast-2
provider() { as 111122223333 "$@"; }
consumer() { as 222233334444 "$@"; }

# All that the steps below may change.
picture_of_account() {
  aws vpc-lattice list-resource-gateways --query 'items[].id'
  aws vpc-lattice list-resource-configurations --query 'items[].id'
  aws ram get-resource-shares --resource-owner SELF --query 'resourceShares[?status!=`DELETED`].name'
  aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].VpcEndpointId'
  aws ec2 describe-security-groups --query 'sort_by(SecurityGroups,&GroupId)[].[GroupId,GroupName]'
  aws ec2 describe-network-interfaces --query 'sort_by(NetworkInterfaces,&NetworkInterfaceId)[].NetworkInterfaceId'
}
picture() { provider picture_of_account && consumer picture_of_account; }
untouched=$(picture)

vpc1=$(provider id_of vpc ZIGI-VPC1)
vpc1_a=$(provider id_of subnet private-a)
vpc1_c=$(provider id_of subnet private-c)
vpc2=$(consumer id_of vpc ZIGI-VPC2)
vpc2_a=$(consumer id_of subnet private-a)
vpc2_c=$(consumer id_of subnet private-c)

step 'A web server that only its own VPC knows'
shows 'in its own VPC it serves' 'Hello from ZIGI-VPC1' on web curl -sS http://web.zigi.internal/
refused 'before: the client cannot reach it' '100% packet loss' on client ping -c 1 10.1.1.80
refused 'before: the client does not even know its name' 'Could not resolve host' on client curl -sS -m 3 http://web.zigi.internal/

step 'The provider: a resource gateway in the VPC of the server'
gateway_group=$(provider aws ec2 create-security-group --group-name web-gateway --description 'Resource gateway of web' --vpc-id "$vpc1" --query GroupId)
# web.zigi.internal is a name of a private zone: the gateway has to ask the DNS server of its VPC.
gateway=$(provider aws vpc-lattice create-resource-gateway --name zigi-gateway --vpc-identifier "$vpc1" --subnet-ids "$vpc1_a" "$vpc1_c" \
  --security-group-ids "$gateway_group" --resource-config-dns-resolution IN_VPC --query id)
provider until_shows ACTIVE aws vpc-lattice get-resource-gateway --resource-gateway-identifier "$gateway" --query status

step 'The provider: a resource configuration, which says what can be reached through it'
configuration=$(provider aws vpc-lattice create-resource-configuration --name zigi-web --type SINGLE --port-ranges 80 --protocol TCP \
  --resource-gateway-identifier "$gateway" --no-allow-association-to-shareable-service-network \
  --resource-configuration-definition 'dnsResource={domainName=web.zigi.internal,ipAddressType=IPV4}' --query id)
provider until_shows ACTIVE aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration" --query status
arn=$(provider aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration" --query arn)

step 'The provider shares it with the other account, which accepts'
share=$(provider aws ram create-resource-share --name zigi-web --resource-arns "$arn" --principals 222233334444 --query resourceShare.resourceShareArn)
invitation_arn() {
  aws ram get-resource-share-invitations --resource-share-arns "$share" --query "resourceShareInvitations[?status=='PENDING'].resourceShareInvitationArn"
}
has_invitation() { invitation_arn | grep -c invitation || true; }
consumer until_shows 1 has_invitation
endpoint_group=$(consumer aws ec2 create-security-group --group-name web-endpoint --description 'Endpoint of web' --vpc-id "$vpc2" --query GroupId)
consumer aws ec2 authorize-security-group-ingress --group-id "$endpoint_group" --protocol tcp --port 80 --cidr 10.2.0.0/16 >/dev/null
create_endpoint() {
  aws ec2 create-vpc-endpoint --vpc-endpoint-type Resource --resource-configuration-arn "$arn" --vpc-id "$vpc2" \
    --subnet-ids "$vpc2_a" "$vpc2_c" --security-group-ids "$endpoint_group" --query VpcEndpoint.VpcEndpointId
}
refused 'too early: what is not accepted yet is not in sight' InvalidResourceConfigurationArn.NotFound consumer create_endpoint
invitation=$(consumer invitation_arn)
consumer aws ram accept-resource-share-invitation --resource-share-invitation-arn "$invitation" >/dev/null
consumer until_shows "$configuration" aws vpc-lattice list-resource-configurations --query 'items[].id'
proved "the configuration is in sight of the other account"

step 'The consumer: a Resource endpoint in its own VPC'
endpoint=$(consumer create_endpoint)
consumer until_shows available aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$endpoint" --query 'VpcEndpoints[].State'
# The names of a Resource endpoint are those of its association, not the endpoint's own.
name=$(consumer aws ec2 describe-vpc-endpoint-associations --vpc-endpoint-ids "$endpoint" --query 'VpcEndpointAssociations[].DnsEntry.DnsName')
endpoint_addresses=$(consumer aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$endpoint_group" \
  --query "join(' ', sort(NetworkInterfaces[].PrivateIpAddress))")
proved "it is called $name"

step 'What came of it'
addresses() { on client dig +short "$name" | LC_ALL=C sort; }
shows "after: the name stands for two addresses of the client's own VPC, $endpoint_addresses" "$endpoint_addresses" addresses
shows 'after: the client reaches the web server' 'Hello from ZIGI-VPC1' on client curl -sS "http://$name/"
refused 'nothing else of the server is within reach: not another port' 'timed out' on client curl -sS -m 3 "http://$name:22/"
refused 'not the server itself' '100% packet loss' on client ping -c 1 10.1.1.80
for address in $endpoint_addresses; do
  refused "and there is no way back: the server cannot reach $address" '100% packet loss' on web ping -c 1 "$address"
done
shows 'neither VPC has a route to the other, nor is there a peering or a transit gateway' '' \
  provider aws ec2 describe-route-tables --query 'RouteTables[].Routes[?GatewayId!=`local`][].DestinationCidrBlock'

step 'Take it all down again, the endpoint first and the gateway last'
refused 'the configuration cannot go while an endpoint leads to it' ConflictException \
  provider aws vpc-lattice delete-resource-configuration --resource-configuration-identifier "$configuration"
consumer aws ec2 delete-vpc-endpoints --vpc-endpoint-ids "$endpoint" >/dev/null
consumer until_gone InvalidVpcEndpointId.NotFound aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$endpoint"
# Its network interfaces outlive it a little, and hold the group.
no_interface_holds() { until_shows '' aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$1" --query 'NetworkInterfaces[].NetworkInterfaceId'; }
consumer no_interface_holds "$endpoint_group"
consumer aws ec2 delete-security-group --group-id "$endpoint_group" >/dev/null
provider aws ram delete-resource-share --resource-share-arn "$share" >/dev/null
provider aws vpc-lattice delete-resource-configuration --resource-configuration-identifier "$configuration"
provider until_gone ResourceNotFoundException aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$configuration"
provider aws vpc-lattice delete-resource-gateway --resource-gateway-identifier "$gateway" >/dev/null
provider until_gone ResourceNotFoundException aws vpc-lattice get-resource-gateway --resource-gateway-identifier "$gateway"
provider no_interface_holds "$gateway_group"
provider aws ec2 delete-security-group --group-id "$gateway_group" >/dev/null
provider until_shows DELETED aws ram get-resource-shares --resource-owner SELF --resource-share-arns "$share" --query 'resourceShares[].status'
refused 'the client does not know the name any more' 'Could not resolve host' on client curl -sS -m 3 "http://$name/"
shows 'gateways, configurations, shares, endpoints, groups and interfaces are as they were: nothing is left' "$untouched" picture
