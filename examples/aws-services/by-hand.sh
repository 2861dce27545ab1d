#!/usr/bin/env bash
# The services of AWS without the internet, by hand: S3 by a Gateway endpoint, the EC2 API by an Interface endpoint.
#
#   npx isthmus simulate --world examples/aws-services/world.yaml --speed 60     # in one terminal
#   examples/aws-services/by-hand.sh                                            # in another
source "$(dirname "${BASH_SOURCE[0]}")/../by-hand.sh"

export AWS_ACCESS_KEY_ID=111122223333 AWS_DEFAULT_REGION=ap-northeast-2
s3=com.amazonaws.ap-northeast-2.s3
ec2=com.amazonaws.ap-northeast-2.ec2

# All that the steps below may change. A NAT gateway that is made anew has another id and the same address: so addresses are shown.
picture() {
  aws ec2 describe-route-tables --query 'sort_by(RouteTables,&RouteTableId)[].[RouteTableId,Routes[].[DestinationCidrBlock,DestinationPrefixListId,State]]'
  aws ec2 describe-nat-gateways --filter Name=state,Values=pending,available,deleting --query 'NatGateways[].[SubnetId,NatGatewayAddresses[].PublicIp,Tags]'
  aws ec2 describe-addresses --query 'sort_by(Addresses,&PublicIp)[].[PublicIp,AllocationId]'
  aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].VpcEndpointId'
  aws ec2 describe-security-groups --query 'sort_by(SecurityGroups,&GroupId)[].[GroupId,GroupName]'
  aws ec2 describe-network-interfaces --filters Name=interface-type,Values=vpc_endpoint --query 'NetworkInterfaces[].NetworkInterfaceId'
}
untouched=$(picture)

vpc=$(id_of vpc cake)
subnet_a=$(id_of subnet private-a)
subnet_b=$(id_of subnet private-b)
table_a=$(id_of route-table private-a)
table_b=$(id_of route-table private-b)
# Ended NAT gateways stay in sight for an hour, names and all.
nat=$(aws ec2 describe-nat-gateways --filter Name=tag:Name,Values=cake Name=state,Values=available --query 'NatGateways[].NatGatewayId')

# The addresses that an instance gets for a name, in order, and how many of them are private ones of the VPC.
addresses() { on "$1" dig +short "$2" | grep -E '^[0-9.]+$' | LC_ALL=C sort; }
count_private() { addresses "$1" "$2" | grep -c '^10\.0\.[34]\.' || true; }
# A service of AWS answers any caller, if only to say that it does not know them.
answers() { on "$1" curl -sS -m 5 -o /dev/null "$2"; }

step 'Private subnets that reach AWS over the internet'
shows 'before: the EC2 API has public addresses only' 0 count_private cake-a ec2.ap-northeast-2.amazonaws.com
holds 'before: the EC2 API answers, through the NAT gateway' answers cake-a https://ec2.ap-northeast-2.amazonaws.com/
holds 'before: S3 answers, through the NAT gateway' answers cake-a https://s3.ap-northeast-2.amazonaws.com/
holds 'before: so does the rest of the internet' answers cake-a https://example.com/

step 'A Gateway endpoint for S3: a route to its prefix list in each private table'
gateway=$(aws ec2 create-vpc-endpoint --vpc-id "$vpc" --vpc-endpoint-type Gateway --service-name "$s3" --route-table-ids "$table_a" "$table_b" \
  --query VpcEndpoint.VpcEndpointId)
prefix_list=$(aws ec2 describe-prefix-lists --filters "Name=prefix-list-name,Values=$s3" --query 'PrefixLists[].PrefixListId')
shows "both tables send $prefix_list to $gateway" "$prefix_list active $prefix_list active" \
  aws ec2 describe-route-tables --route-table-ids "$table_a" "$table_b" --query "RouteTables[].Routes[?GatewayId=='$gateway'][].[DestinationPrefixListId,State]"
refused 'the route is the endpoint’s own: nobody deletes it by itself' InvalidParameterValue \
  aws ec2 delete-route --route-table-id "$table_a" --destination-prefix-list-id "$prefix_list"

step 'An Interface endpoint for the EC2 API, with private DNS'
# Its network interfaces are let in at by HTTPS from the VPC, and by nothing else.
group=$(aws ec2 create-security-group --group-name ec2-endpoint --description 'HTTPS from the VPC' --vpc-id "$vpc" --query GroupId)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 443 --cidr 10.0.0.0/16 >/dev/null
interface=$(aws ec2 create-vpc-endpoint --vpc-id "$vpc" --vpc-endpoint-type Interface --service-name "$ec2" --subnet-ids "$subnet_a" "$subnet_b" \
  --security-group-ids "$group" --private-dns-enabled --query VpcEndpoint.VpcEndpointId)
until_shows available aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$interface" --query 'VpcEndpoints[].State'
interfaces=$(aws ec2 describe-network-interfaces --filters Name=interface-type,Values=vpc_endpoint \
  --query "join(' ', sort(NetworkInterfaces[].PrivateIpAddress))")
shows "the name now stands for the endpoint's two private addresses, $interfaces" "$interfaces" addresses cake-a ec2.ap-northeast-2.amazonaws.com
shows 'one of each zone, also as seen from the other one' 2 count_private cake-b ec2.ap-northeast-2.amazonaws.com
shows 'the name of S3 still stands for public addresses: a Gateway endpoint is a route, not a name' 0 count_private cake-a s3.ap-northeast-2.amazonaws.com

step 'Remove the NAT gateway'
allocation=$(aws ec2 describe-nat-gateways --nat-gateway-ids "$nat" --query 'NatGateways[].NatGatewayAddresses[].AllocationId')
nat_subnet=$(aws ec2 describe-nat-gateways --nat-gateway-ids "$nat" --query 'NatGateways[].SubnetId')
# Routes first: with the gateway gone they would stay, as blackholes.
aws ec2 delete-route --route-table-id "$table_a" --destination-cidr-block 0.0.0.0/0
aws ec2 delete-route --route-table-id "$table_b" --destination-cidr-block 0.0.0.0/0
aws ec2 delete-nat-gateway --nat-gateway-id "$nat" >/dev/null
aws ec2 wait nat-gateway-deleted --nat-gateway-ids "$nat"

step 'What came of it'
holds 'after: the EC2 API still answers' answers cake-a https://ec2.ap-northeast-2.amazonaws.com/
holds 'after: in the other zone, too' answers cake-b https://ec2.ap-northeast-2.amazonaws.com/
holds 'after: S3 still answers' answers cake-a https://s3.ap-northeast-2.amazonaws.com/
refused 'after: the rest of the internet is out of reach' 'timed out' answers cake-a https://example.com/
refused 'after: so are the other services of AWS' 'timed out' answers cake-a https://sts.ap-northeast-2.amazonaws.com/
refused 'after: the endpoint takes nothing but HTTPS' 'timed out' answers cake-a http://ec2.ap-northeast-2.amazonaws.com/

step 'Take the endpoints down again'
shows 'both were there to be deleted' '' aws ec2 delete-vpc-endpoints --vpc-endpoint-ids "$gateway" "$interface" --query 'Unsuccessful[]'
until_gone InvalidVpcEndpointId.NotFound aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$interface"
# Its network interfaces outlive it a little, and hold the group.
until_shows '' aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$group" --query 'NetworkInterfaces[].NetworkInterfaceId'
aws ec2 delete-security-group --group-id "$group" >/dev/null
refused 'the EC2 API is out of reach' 'timed out' answers cake-a https://ec2.ap-northeast-2.amazonaws.com/
refused 'S3 is out of reach' 'timed out' answers cake-a https://s3.ap-northeast-2.amazonaws.com/

step 'Put the NAT gateway back, at its old address'
nat=$(aws ec2 create-nat-gateway --subnet-id "$nat_subnet" --allocation-id "$allocation" \
  --tag-specifications 'ResourceType=natgateway,Tags=[{Key=Name,Value=cake}]' --query NatGateway.NatGatewayId)
aws ec2 wait nat-gateway-available --nat-gateway-ids "$nat"
aws ec2 create-route --route-table-id "$table_a" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$nat" >/dev/null
aws ec2 create-route --route-table-id "$table_b" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$nat" >/dev/null
shows 'the EC2 API has public addresses only' 0 count_private cake-a ec2.ap-northeast-2.amazonaws.com
holds 'S3 answers, through the NAT gateway' answers cake-a https://s3.ap-northeast-2.amazonaws.com/
shows 'routes, endpoints, groups and addresses are as they were: nothing is left' "$untouched" picture
