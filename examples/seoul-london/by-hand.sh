#!/usr/bin/env bash
# Two VPCs of two regions, joined by hand: what manifests.yaml asks Isthmus for, call by call.
#
#   npx isthmus simulate --world examples/seoul-london/world.yaml --speed 60     # in one terminal
#   examples/seoul-london/by-hand.sh                                            # in another
source "$(dirname "${BASH_SOURCE[0]}")/../by-hand.sh"

export AWS_ACCESS_KEY_ID=111122223333
# A call is for one region: each side of the connection is looked after in its own.
seoul() { AWS_DEFAULT_REGION=ap-northeast-2 "$@"; }
london() { AWS_DEFAULT_REGION=eu-west-2 "$@"; }

picture_of_region() {
  aws ec2 describe-route-tables --query 'sort_by(RouteTables,&RouteTableId)[].[RouteTableId,Routes[].[DestinationCidrBlock,GatewayId,VpcPeeringConnectionId,State]]'
  aws ec2 describe-security-group-rules --query 'sort_by(SecurityGroupRules,&SecurityGroupRuleId)[].[SecurityGroupRuleId,GroupId,IpProtocol]'
  aws ec2 describe-vpc-peering-connections --query 'VpcPeeringConnections[?Status.Code!=`deleted`].VpcPeeringConnectionId'
}
picture() { seoul picture_of_region && london picture_of_region; }
untouched=$(picture)

vpc_seoul=$(seoul id_of vpc seoul)
vpc_london=$(london id_of vpc london)
table_of() { aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$1" Name=tag:Name,Values=public --query 'RouteTables[].RouteTableId'; }
table_seoul=$(seoul table_of "$vpc_seoul")
table_london=$(london table_of "$vpc_london")
default_group_of() { aws ec2 describe-security-groups --filters "Name=vpc-id,Values=$1" Name=group-name,Values=default --query 'SecurityGroups[].GroupId'; }
group_seoul=$(seoul default_group_of "$vpc_seoul")
group_london=$(london default_group_of "$vpc_london")

step 'Two VPCs, 9,000 km apart'
# 20.0.0.0/16 belongs to somebody on the internet, who may answer or not: it is not London.
shows 'before: what Seoul sends to 20.0.1.10 leaves through the internet gateway' '1 * 2 20.0.1.10' hops seoul-1 20.0.1.10
refused 'before: London cannot reach Seoul' '100% packet loss' on london-1 ping -c 1 10.0.1.10

step 'Ask in Seoul, accept in London'
connection=$(seoul aws ec2 create-vpc-peering-connection --vpc-id "$vpc_seoul" --peer-vpc-id "$vpc_london" --peer-region eu-west-2 \
  --tag-specifications 'ResourceType=vpc-peering-connection,Tags=[{Key=Name,Value=by-hand}]' \
  --query VpcPeeringConnection.VpcPeeringConnectionId)
status() { aws ec2 describe-vpc-peering-connections --vpc-peering-connection-ids "$connection" --query 'VpcPeeringConnections[].Status.Code'; }
london until_shows pending-acceptance status
refused 'the region that asked cannot accept' OperationNotPermitted \
  seoul aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$connection"
london aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$connection" >/dev/null
london until_shows active status
seoul until_shows active status
proved "$connection is active, seen from either region"

step 'Send each VPC the way to the other'
seoul aws ec2 create-route --route-table-id "$table_seoul" --destination-cidr-block 20.0.0.0/16 --vpc-peering-connection-id "$connection" >/dev/null
london aws ec2 create-route --route-table-id "$table_london" --destination-cidr-block 10.0.0.0/16 --vpc-peering-connection-id "$connection" >/dev/null
refused 'the security groups still let nothing in' '100% packet loss' on seoul-1 ping -c 1 20.0.1.10

step 'Let ICMP in on both sides'
refused "another region's group cannot be referenced" InvalidGroup.NotFound \
  seoul aws ec2 authorize-security-group-ingress --group-id "$group_seoul" \
  --ip-permissions "IpProtocol=icmp,FromPort=-1,ToPort=-1,UserIdGroupPairs=[{GroupId=$group_london,UserId=111122223333}]"
# So it is done by CIDR. -1 stands for every type and code of ICMP.
let_icmp_in() {
  aws ec2 authorize-security-group-ingress --group-id "$1" --ip-permissions "IpProtocol=icmp,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=$2}]" \
    --query 'SecurityGroupRules[].SecurityGroupRuleId'
}
rule_seoul=$(seoul let_icmp_in "$group_seoul" 20.0.0.0/16)
rule_london=$(london let_icmp_in "$group_london" 10.0.0.0/16)

step 'What came of it'
holds 'after: Seoul reaches London by its private address' on seoul-1 ping -c 1 20.0.1.10
shows 'in one hop' '1 20.0.1.10' hops seoul-1 20.0.1.10
holds 'after: London reaches Seoul by its private address' on london-1 ping -c 1 10.0.1.10
refused 'ICMP was let in, and nothing else' 'timed out' on seoul-1 curl -sS -m 3 http://20.0.1.10/

step 'Take it all down again'
seoul aws ec2 revoke-security-group-ingress --group-id "$group_seoul" --security-group-rule-ids "$rule_seoul" >/dev/null
london aws ec2 revoke-security-group-ingress --group-id "$group_london" --security-group-rule-ids "$rule_london" >/dev/null
seoul aws ec2 delete-route --route-table-id "$table_seoul" --destination-cidr-block 20.0.0.0/16
london aws ec2 delete-route --route-table-id "$table_london" --destination-cidr-block 10.0.0.0/16
seoul aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id "$connection" >/dev/null
# Between regions a connection takes a while to go, and each region learns of it by itself.
seoul aws ec2 wait vpc-peering-connection-deleted --vpc-peering-connection-ids "$connection"
london aws ec2 wait vpc-peering-connection-deleted --vpc-peering-connection-ids "$connection"
refused 'London cannot reach Seoul' '100% packet loss' on london-1 ping -c 1 10.0.1.10
shows 'what Seoul sends to 20.0.1.10 leaves through the internet gateway' '1 * 2 20.0.1.10' hops seoul-1 20.0.1.10
shows 'routes, rules and connections are as they were: nothing is left' "$untouched" picture
