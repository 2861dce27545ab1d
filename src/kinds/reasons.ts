/**
 * Every reason that a condition or an Event of ours can carry, with what to do about it: the one catalogue. Each kind's page in `docs/` lists
 * the reasons that concern it, and a test keeps the pages and this list the same.
 */
export const reasons = {
  // How it stands.
  Available: 'Everything is as wanted.',
  IdentityVerified: 'AWS confirmed the account behind the identity.',
  NotManaged: 'The spec leaves this to others.',
  Progressing: 'The controller is at work, or waits for AWS; nothing to do. The message says what for.',
  Deleting: 'What the object made is being taken down.',
  Paused: '`spec.paused` is true: nothing is written to AWS. Set it to false to go on.',
  ObserveOnly: '`spec.observeOnly` is true: `status.plan` says what would be written. Set it to false to write it.',
  Abandoned: 'Something was let go with the annotation `isthmus.dev/abandon` and may still be in AWS: remove it by hand.',

  // Accounts.
  AccountNotFound: 'No AwsAccount has that name. Make it, or name another in `accountRef`.',
  AccountNotAllowed:
    'The AwsAccount does not allow the namespace. Its administrator edits `spec.allowedNamespaces`; it heals without an edit here.',
  InUse: 'The AwsAccount is being deleted, and objects use it: nothing new is made with it, and it goes when they are gone.',
  RegionNotAllowed: 'The AwsAccount has an allow-list of regions and this one is not on it.',
  VpcNotAllowed:
    'The AwsAccount allows only VPCs with certain tags (`spec.allowedVpcs`), and this is none of them. Its administrator tags the VPC or edits the list.',
  RegionMissing: 'Give a `region`, or a `defaultRegion` on the AwsAccount.',
  IdentityMismatch: 'The identity belongs to another AWS account than `spec.accountId` says. Correct the role or the id.',
  RoleNotAssumable: 'STS refused to let the controller assume the role. Look at its trust policy, external id included.',
  CredentialsUnavailable: 'No credentials could be had, or they have expired. Look at the identity that the controller runs with.',
  IdentityChanged:
    'A selector or a default now leads to another account, region or VPC than before, and nothing is written. Restore what it led to, or make a new object.',

  // What is to be joined.
  VpcNotFound: 'The account owns no such VPC in that region. Correct the id or the tags, or make the VPC.',
  VpcAmbiguous: 'Several VPCs have the tags. Add a tag that only one has, or use `vpcId`.',
  SecurityGroupNotFound: 'The VPC has no such security group. Correct the selector, or make the group.',
  SecurityGroupAmbiguous: 'Several security groups match. Make the selector narrower.',
  RouteTableNotFound: 'The VPC has no such route table. Correct `routeTables`.',
  CidrOverlap: 'CIDRs of the two VPCs overlap (secondary ones count), so AWS cannot peer them. Use a ResourceEndpoint for single services.',
  CidrOutsidePeer:
    'A destination or a rule names addresses that the peer VPC does not have. A peering never opens anything to anyone else.',

  // The connection.
  PendingAcceptance: 'The request waits to be accepted by hand (`acceptance: Manual`).',
  PeeringRejected: 'The request was rejected. It is made again when the spec changes or `isthmus.dev/reconcile-at` gets a new value.',
  PeeringExpired: 'Nobody accepted the request within seven days. It is made again by itself, each time later.',
  PeeringFailed: 'AWS could not make the connection, for the reason in the message. It is tried again by itself, each time later.',
  SideOwnedByAnother: 'Another, older object joins the same two VPCs. Delete one of the two.',
  OwnedElsewhere: 'Another cluster’s controller owns the connection.',
  RouteConflict:
    'A route table sends the destination elsewhere already. It is never overwritten: remove that route, or leave the table or destination out.',

  // What AWS answers.
  AccessDenied: 'The identity lacks the permission that the message names.',
  QuotaExceeded: 'A quota of the AWS account is used up. Ask AWS for more, or remove something.',
  Throttled: 'AWS, or the controller’s own share of its limits, allows no call just now. It goes on by itself.',
  AwsUnreachable: 'No answer from AWS, or an error of its own. It is tried again by itself.',
  RequestRefused: 'AWS does not take the request as it is; the message says why.',
  DeletionBlocked: 'Something cannot be removed, and the message names it. Mend the cause, or let it go with `isthmus.dev/abandon`.',
} as const;

export type Reason = keyof typeof reasons;
