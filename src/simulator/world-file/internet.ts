import { z } from 'zod';
import { addressFamily } from '../../network/cidr.ts';
import { storedName } from '../route53/domain-names.ts';
import { fields, listOf, port, text } from './fields.ts';
import type { Loading } from './loading.ts';

/** Somebody on the internet. */
export const internetHost = fields({
  name: text('a domain name such as example.com', (value) => typeof storedName(value) === 'string'),
  address: text('an IP address', (value) => addressFamily(value) !== undefined),
  /** Of tcp, where it answers. */
  ports: listOf(port).default([80, 443]),
  /** What it says to those who come by HTTP. Left out: a line with its name. */
  http: z.string().optional(),
});

/** Nobody has to make what is on the internet: no call of AWS's tells of it. */
export function loadInternet(loading: Loading, hosts: readonly z.output<typeof internetHost>[]): void {
  for (const [index, { name, ...host }] of hosts.entries()) {
    const id = name.toLowerCase().replace(/\.$/, '');
    if (loading.world.internetHosts.get(id)) throw loading.error(['internet', index, 'name'], `there is another ${id}`);
    loading.world.internetHosts.put({ id, ...host });
  }
}
