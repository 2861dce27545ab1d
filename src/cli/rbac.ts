import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { Ambient } from '../ambient/ambient.ts';
import { kindApis } from '../kinds/index.ts';
import { rbacObjects } from '../kube/rbac.ts';

interface RbacCommandOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly user?: string;
  readonly leaseName: string;
}

/** `isthmus rbac`: prints the Kubernetes roles and bindings, as YAML for `kubectl apply -f -`. */
export function rbacCommand(_ambient: Ambient): Command {
  return new Command('rbac')
    .description('Prints what the controller and the teams that use it may do in Kubernetes: roles and bindings, for "kubectl apply -f -".')
    .option('--namespace <name>', "the controller's, where its lease and service account are", 'isthmus')
    .addOption(new Option('--service-account <name>', 'whom the controller runs as').default('isthmus').conflicts('user'))
    .option('--user <name>', 'whom it runs as, outside of the cluster')
    .option('--lease-name <name>', 'name of the lease, as given to "isthmus run"', 'isthmus')
    .addHelpText(
      'after',
      `
isthmus-viewer and isthmus-editor become parts of Kubernetes' own view, edit and admin. They do not hold AwsAccount, and let
a status be read only.

  isthmus rbac --namespace isthmus | kubectl apply -f -`,
    )
    .action(({ namespace, serviceAccount, user, leaseName }: RbacCommandOptions) => {
      const subject = user === undefined ? { serviceAccount } : { user };
      const objects = rbacObjects({ kinds: kindApis, subject, namespace, leaseName });
      process.stdout.write(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    });
}
