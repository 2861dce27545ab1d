#!/usr/bin/env bash
# Two VPCs of one region, joined by hand: what manifests.yaml asks Isthmus for, call by call.
#
#   npx isthmus simulate --world examples/two-vpcs/world.yaml --speed 60     # in one terminal
#   examples/two-vpcs/by-hand.sh                                            # in another
source "$(dirname "${BASH_SOURCE[0]}")/../by-hand.sh"

export AWS_ACCESS_KEY_ID=111122223333 AWS_DEFAULT_REGION=us-west-2

# All that the steps below may change. Ended connections stay in sight for a while, and are no connections.
picture() {
  aws ec2 describe-route-tables --query 'sort_by(RouteTables,&RouteTableId)[].[RouteTableId,Routes[].[DestinationCidrBlock,GatewayId,VpcPeeringConnectionId,State]]'
  aws ec2 describe-security-group-rules --query 'sort_by(SecurityGroupRules,&SecurityGroupRuleId)[].[SecurityGroupRuleId,GroupId,IpProtocol]'
  aws ec2 describe-vpc-peering-connections --query 'VpcPeeringConnections[?Status.Code!=`deleted`].VpcPeeringConnectionId'
}
untouched=$(picture)

vpc1=$(id_of vpc peering_test_1)
vpc2=$(id_of vpc peering_test_2)
table_of() { aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$1" Name=tag:Name,Values=public --query 'RouteTables[].RouteTableId'; }
table1=$(table_of "$vpc1")
table2=$(table_of "$vpc2")
default_group_of() { aws ec2 describe-security-groups --filters "Name=vpc-id,Values=$1" Name=group-name,Values=default --query 'SecurityGroups[].GroupId'; }
group1=$(default_group_of "$vpc1")
group2=$(default_group_of "$vpc2")

step 'Two VPCs that know nothing of each other'
refused 'before: A cannot reach C' '100% packet loss' on A ping -c 1 10.255.1.37
refused 'before: C cannot reach A' '100% packet loss' on C ping -c 1 10.255.0.38
holds 'but A, which has a public address, reaches the internet' on A curl -sS -m 5 -o /dev/null https://example.com/

step 'Ask for a connection, and accept it'
connection=$(aws ec2 create-vpc-peering-connection --vpc-id "$vpc1" --peer-vpc-id "$vpc2" \
  --tag-specifications 'ResourceType=vpc-peering-connection,Tags=[{Key=Name,Value=by-hand}]' \
  --query VpcPeeringConnection.VpcPeeringConnectionId)
status() { aws ec2 describe-vpc-peering-connections --vpc-peering-connection-ids "$connection" --query 'VpcPeeringConnections[].Status.Code'; }
until_shows pending-acceptance status
# A security group of another VPC means something only while a connection joins the two: the order of the steps matters.
refused 'too early: the group of the other VPC belongs to another network' 'You have specified two resources that belong to different networks' \
  aws ec2 authorize-security-group-ingress --group-id "$group1" \
  --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$group2,UserId=111122223333}]"
aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$connection" >/dev/null
until_shows active status
proved "$connection is active"

step 'An active connection alone joins nothing: no packet knows the way'
refused 'A still cannot reach C' '100% packet loss' on A ping -c 1 10.255.1.37

step 'Send each VPC the way to the other'
aws ec2 create-route --route-table-id "$table1" --destination-cidr-block 10.255.1.0/24 --vpc-peering-connection-id "$connection" >/dev/null
aws ec2 create-route --route-table-id "$table2" --destination-cidr-block 10.255.0.0/24 --vpc-peering-connection-id "$connection" >/dev/null
shows 'both routes are active' 'active active' aws ec2 describe-route-tables --route-table-ids "$table1" "$table2" \
  --query "RouteTables[].Routes[?VpcPeeringConnectionId=='$connection'].State"
refused 'the security groups still let nothing in' '100% packet loss' on A ping -c 1 10.255.1.37

step "Let each VPC's default group in at the other's, by reference"
let_in() {
  aws ec2 authorize-security-group-ingress --group-id "$1" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$2,UserId=111122223333}]" \
    --query 'SecurityGroupRules[].SecurityGroupRuleId'
}
rule1=$(let_in "$group1" "$group2")
rule2=$(let_in "$group2" "$group1")

step 'What came of it'
holds 'after: A reaches C, which has a private address only' on A ping -c 1 10.255.1.37
holds 'after: C reaches A' on C ping -c 1 10.255.0.38
# curl speaks no SSH; but it tells an answer that it does not understand from none.
refused 'after: on tcp/22, too: the SSH server of C answers' 'Received HTTP/0.9 when not allowed' on A curl -sS -m 5 http://10.255.1.37:22/
shows 'in one hop' '1 10.255.1.37' hops A 10.255.1.37
refused 'the third VPC, which nobody asked for, stays out of reach' '100% packet loss' on A ping -c 1 10.255.2.36

step 'Take it all down again'
# Rules and routes first: with the connection gone they would stay, as stale rules and blackholes.
aws ec2 revoke-security-group-ingress --group-id "$group1" --security-group-rule-ids "$rule1" >/dev/null
aws ec2 revoke-security-group-ingress --group-id "$group2" --security-group-rule-ids "$rule2" >/dev/null
aws ec2 delete-route --route-table-id "$table1" --destination-cidr-block 10.255.1.0/24
aws ec2 delete-route --route-table-id "$table2" --destination-cidr-block 10.255.0.0/24
aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id "$connection" >/dev/null
aws ec2 wait vpc-peering-connection-deleted --vpc-peering-connection-ids "$connection"
refused 'A cannot reach C' '100% packet loss' on A ping -c 1 10.255.1.37
shows 'routes, rules and connections are as they were: nothing is left' "$untouched" picture
